// SPDX-License-Identifier: Apache-2.0
// A stick table with a clock of its own, for tests: one of several replicas, some with wrong
// clocks.
#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "sticky/stick_table.h"

namespace room_router::test {

constexpr auto kRoom = KeyNamespace::kRoom;
constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr uint64_t kWallMs = 1'800'000'000'000;  // at kStart

inline RoomKey Key(uint64_t n) {
  return {.high = n * 0x9E3779B97F4A7C15, .low = n * 0xD6E8FEB86659FD93};
}

struct Replica {
  explicit Replica(uint64_t number, StickTable::Options options = {}, Duration skew = {})
      : clock(number, kWallMs + static_cast<uint64_t>(skew.count()), kStart),
        table((options.clock = &clock, std::move(options))) {}

  // Binds to `shard` unless bound already.
  StickTable::Hit Bind(uint64_t n, ShardId shard, TimePoint now) {
    return table.FindOrBind(kRoom, Key(n), "room", now, [shard](ShardId previous) {
      return previous == kNoShard ? shard : previous;
    });
  }
  ShardId Find(uint64_t n, TimePoint now) const {
    const auto hit = table.Find(kRoom, Key(n), now);
    return hit ? hit->shard : kNoShard;
  }
  CellRecord Record(uint64_t n, TimePoint now) const {
    return table.Record(kRoom, Key(n), now).value_or(CellRecord{});
  }
  std::vector<CellRecord> Changes(TimePoint now) { return table.TakeChanges(now, ~size_t{0}); }

  HybridClock clock;
  StickTable table;
};

// What a table's digests have to be.
inline StickTable::Digests DigestsOfRecords(const StickTable& table, TimePoint now) {
  StickTable::Digests digests{};
  for (size_t bucket = 0; bucket < digests.size(); ++bucket) {
    for (const CellRecord& record : table.RecordsIn(bucket, now)) {
      digests[bucket] ^= DigestOf(record.key_namespace, record.key, record.cell);
    }
  }
  return digests;
}

}  // namespace room_router::test
