// SPDX-License-Identifier: Apache-2.0
// Sets of shards for tests: up and ready, named shard-000 … unless a test changes them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "discovery/shard_set.h"

namespace room_router::test {

inline Shard UpShard(ShardId id, std::string name) {
  Shard shard;
  shard.id = id;
  shard.name = std::move(name);
  shard.state = ShardState::kUp;
  return shard;
}

inline ShardSet Sorted(std::vector<Shard> shards) {
  ShardSet set;
  set.shards = std::move(shards);
  std::sort(set.shards.begin(), set.shards.end(),
            [](const Shard& a, const Shard& b) { return a.name < b.name; });
  set.Index();
  return set;
}

inline ShardSet UpShards(size_t count) {
  std::vector<Shard> shards;
  for (ShardId id = 0; id < count; ++id)
    shards.push_back(UpShard(id, fmt::format("shard-{:03}", id)));
  return Sorted(std::move(shards));
}

inline Shard& ByName(ShardSet& set, std::string_view name) {
  return const_cast<Shard&>(*set.FindByName(name));
}

}  // namespace room_router::test
