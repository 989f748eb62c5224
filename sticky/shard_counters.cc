// SPDX-License-Identifier: Apache-2.0
#include "sticky/shard_counters.h"

namespace room_router {

ShardCounters::~ShardCounters() {
  for (auto& chunk : chunks_) delete chunk.load(std::memory_order_relaxed);
}

void ShardCounters::Add(ShardId shard, int32_t difference) {
  if (auto* slot = Slot(shard)) {
    slot->fetch_add(static_cast<uint32_t>(difference), std::memory_order_relaxed);
  }
}

void ShardCounters::Set(ShardId shard, uint32_t value) {
  if (auto* slot = Slot(shard)) slot->store(value, std::memory_order_relaxed);
}

uint32_t ShardCounters::Get(ShardId shard) const {
  if (shard >= kMaxShards) return 0;
  const Chunk* chunk = chunks_[shard / kChunk].load(std::memory_order_acquire);
  return chunk == nullptr ? 0 : (*chunk)[shard % kChunk].load(std::memory_order_relaxed);
}

std::atomic<uint32_t>* ShardCounters::Slot(ShardId shard) {
  if (shard >= kMaxShards) return nullptr;
  auto& place = chunks_[shard / kChunk];
  Chunk* chunk = place.load(std::memory_order_acquire);
  if (chunk == nullptr) {
    auto* fresh = new Chunk{};
    if (place.compare_exchange_strong(chunk, fresh, std::memory_order_acq_rel)) {
      chunk = fresh;
    } else {
      delete fresh;
    }
  }
  return &(*chunk)[shard % kChunk];
}

}  // namespace room_router
