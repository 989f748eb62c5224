// SPDX-License-Identifier: Apache-2.0
// SRV target → the name of the shard it belongs to, as `shards.name` says, and its labels.
//
// Pure. The pattern is searched in the target (lower-case, no final dot) and replaced as in
// ECMAScript; what it does not match is dropped. A target the pattern does not match, or for which
// it makes no valid name, falls back to its first label. A name that only repeats an IP address is
// usable but moves its rooms whenever the address changes, hence the advice.
#pragma once

#include <regex>
#include <string>
#include <string_view>

#include "config/config.h"

namespace room_router {

class ShardNaming {
 public:
  explicit ShardNaming(const config::ShardName& rule);  // the pattern has been validated

  struct Name {
    std::string text;    // empty: unusable, the target is left out
    std::string advice;  // what to tell the operator; empty = nothing
  };
  Name operator()(std::string_view target) const;

 private:
  std::regex pattern_;
  std::string pattern_text_, replace_;
};

// Region or release of a target, as `shards.region` and `shards.release` say; "" when the pattern
// does not match or makes something that IsShardName is not.
class TargetLabel {
 public:
  explicit TargetLabel(const config::ShardLabel& rule);
  std::string operator()(std::string_view service, std::string_view target) const;

 private:
  config::ShardLabel rule_;
  std::regex pattern_;
};

// All that a target is called.
struct TargetNaming {
  explicit TargetNaming(const config::Shards& rules)
      : name(rules.name), region(rules.region), release(rules.release) {}
  ShardNaming name;
  TargetLabel region, release;
};

// 1–63 of [A-Za-z0-9._-]: safe in a header, a metric label and an admin command.
bool IsShardName(std::string_view name);
// "10-0-0-7", "fd00--7", "0a000007": what DNS servers make up for a pod without a host name.
bool LooksLikeAddress(std::string_view label);
// Kubernetes namespace in "<pod>.<service>.<namespace>.svc…"; "" when there is none.
std::string_view NamespaceOf(std::string_view target);

}  // namespace room_router
