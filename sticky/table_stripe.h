// SPDX-License-Identifier: Apache-2.0
// One stripe of the stick table: its lock, its entries and the rules by which they live and die.
//
// Hold `mutex` for every call but `oldest_expiry`. Idle entries are kept from oldest to newest, so
// the first is the next to expire; entries with sessions are in no such list. What is counted over
// all stripes is in TableTotals, relaxed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string_view>

#include "config/clock.h"
#include "sticky/entry_store.h"
#include "sticky/shard_counters.h"

namespace room_router {

struct TableTotals {
  std::atomic<size_t> entries{0};
  std::atomic<uint32_t> rooms{0};  // bound, namespace kRoom; likewise:
  ShardCounters rooms_on;
};

class alignas(64) TableStripe {
 public:
  struct Stats {
    uint64_t inserts = 0, moves = 0, evictions_expired = 0, evictions_live = 0;
  };
  static constexpr int64_t kNothingIdle = std::numeric_limits<int64_t>::max();

  TableStripe(uint64_t seed, Duration expire, TableTotals& totals)
      : expire_(expire), totals_(totals), store_(seed) {}

  static bool Expired(const Entry& entry, TimePoint now) {
    return entry.sessions == 0 && entry.expires <= now;
  }

  Entry* Find(KeyNamespace ns, RoomKey key) { return store_.Find(ns, key); }
  // As Find, but an expired entry is removed instead.
  Entry* FindLive(KeyNamespace ns, RoomKey key, TimePoint now);
  const EntryStore& store() const { return store_; }
  const Stats& stats() const { return stats_; }
  // When the longest idle entry expires (Clock ticks). Needs no lock: a hint where to evict.
  int64_t oldest_expiry() const { return oldest_.load(std::memory_order_relaxed); }

  Entry& Insert(KeyNamespace ns, RoomKey key, TimePoint now);  // unbound
  void Bind(Entry& entry, ShardId shard, std::string_view display);
  void Renew(Entry& entry, TimePoint now);
  void Acquire(Entry& entry, TimePoint now);
  void Release(Entry& entry, TimePoint now);
  // Forgets the binding; the entry goes too unless sessions hold it.
  void Erase(Entry& entry);
  void EraseAll();
  void RemoveExpired(TimePoint now, size_t limit);
  // The longest idle one, unless it is `spared`; false when there is none.
  bool EvictOldest(TimePoint now, const RoomKey* spared);

  mutable std::mutex mutex;

 private:
  void Unbind(Entry& entry);
  void Remove(Entry& entry);
  void NoteOldest();

  const Duration expire_;
  TableTotals& totals_;
  EntryStore store_;
  Stats stats_;
  std::atomic<int64_t> oldest_{kNothingIdle};
};

}  // namespace room_router
