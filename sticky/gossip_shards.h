// SPDX-License-Identifier: Apache-2.0
// Names of shards as gossip learns them: those it was first to hear of are noted for discovery, and
// their number is limited, because names are never forgotten. One owner.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery/shard_names.h"

namespace room_router::gossip {

class ShardDictionary {
 public:
  ShardDictionary(ShardNames& names, size_t limit) : names_(names), limit_(limit) {}

  // nullopt when it is no name, or over a limit.
  std::optional<ShardId> Learn(std::string_view name);
  std::string_view Name(ShardId shard) const { return names_.Name(shard); }
  std::vector<ShardId> TakeUnknown() { return std::exchange(unknown_, {}); }

 private:
  ShardNames& names_;
  const size_t limit_;
  size_t learned_ = 0;
  std::vector<ShardId> unknown_;
};

}  // namespace room_router::gossip
