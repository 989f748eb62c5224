// SPDX-License-Identifier: Apache-2.0
// One relaxed counter per shard id, for any number of shards that come and go.
//
// Grows by chunks that never move, so readers need no lock. Thread-safe. Ids above kMaxShards (a
// million names in the life of a process) are not counted: Get says 0.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "discovery/shard_set.h"

namespace room_router {

class ShardCounters {
 public:
  static constexpr size_t kChunk = 1024, kMaxShards = 1024 * kChunk;

  ShardCounters() = default;
  ~ShardCounters();
  ShardCounters(const ShardCounters&) = delete;
  ShardCounters& operator=(const ShardCounters&) = delete;

  void Add(ShardId shard, int32_t difference);
  void Set(ShardId shard, uint32_t value);
  uint32_t Get(ShardId shard) const;

 private:
  using Chunk = std::array<std::atomic<uint32_t>, kChunk>;

  std::atomic<uint32_t>* Slot(ShardId shard);

  std::array<std::atomic<Chunk*>, kMaxShards / kChunk> chunks_{};
};

}  // namespace room_router
