// SPDX-License-Identifier: Apache-2.0
// Shard names ↔ ids for the life of a process: dense ids from 0, never reused.
//
// Discovery interns what it finds, gossip what other replicas speak of; both on the control thread,
// which owns it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/shard_set.h"

namespace room_router {

class ShardNames {
 public:
  static constexpr size_t kMaxNames = 1 << 16, kMaxNameBytes = 253;

  // nullopt when the name is empty or too long, or there are kMaxNames already.
  std::optional<ShardId> Intern(std::string_view name);
  std::optional<ShardId> Find(std::string_view name) const;
  std::string_view Name(ShardId id) const;  // empty for an id never given out
  size_t size() const { return names_.size(); }

 private:
  std::map<std::string, ShardId, std::less<>> ids_;
  std::vector<std::string_view> names_;  // into ids_
};

}  // namespace room_router
