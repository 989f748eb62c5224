// SPDX-License-Identifier: Apache-2.0
// How the entries of a stripe are accounted for: who waits for what, the digests, the counts.
//
// A binding without sessions is idle and waits for its expiry; one with sessions is held and waits
// for its next announcement; a tombstone, with sessions or without, waits for its end. Each kind
// has its calendar, and all of them are replicated: part of the digest of their bucket. Entries
// that are none of these are not listed. Counts over all stripes are in TableTotals, relaxed.
// Unlist before an entry changes its kind or cell and List afterwards; the other calls are for
// changes of one field. One owner, no locking; but first_to_go needs no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "config/clock.h"
#include "sticky/entry_calendar.h"
#include "sticky/entry_store.h"
#include "sticky/shard_counters.h"

namespace room_router {

struct TableTotals {
  std::atomic<size_t> entries{0}, tombstones{0};  // entries: everything that takes a slot
  std::atomic<uint32_t> rooms{0};                 // bound, namespace kRoom; likewise:
  ShardCounters rooms_on;
};

class EntryLedger {
 public:
  static constexpr int64_t kNothingToGo = std::numeric_limits<int64_t>::max();

  // `buckets`: of the digests; a power of two that divides kCellBuckets.
  EntryLedger(EntryStore& store, TableTotals& totals, Duration expire, size_t buckets);

  void List(Entry& entry);
  void Unlist(Entry& entry);
  // Its first session has come: `entry` is idle. Its last one has gone: it is held.
  void Hold(Entry& entry);
  void Free(Entry& entry);
  // An idle entry stays longer. Cheap, for every lookup.
  void Lengthen(Entry& entry, TimePoint expires) {
    entry.expires = expires;
    idle_.Grown(entry);
  }
  // A renewal of a replicated entry is announced, here or elsewhere.
  void Renew(Entry& entry, HybridTime renewed, TimePoint until);

  // An expired binding or an ended tombstone; mostly nullptr without looking.
  Entry* FirstEnded(TimePoint now);
  // One whose announced lease ends before `due`.
  Entry* FirstHeldBefore(TimePoint due);

  // What a full table gives up first. Tombstones count as expired since they were made, so they go
  // before every live entry. When it expires, in Clock ticks: a lower bound, then made exact.
  int64_t first_to_go() const { return first_to_go_.load(std::memory_order_relaxed); }
  int64_t FindFirstToGo();
  Entry* FirstToGo();
  int64_t GoesAt(bool tombstone, TimePoint expires) const;

  Duration LongestLease(bool tombstone) const { return tombstone ? 2 * expire_ : expire_; }
  std::span<const uint64_t> digests() const { return digests_; }

 private:
  EntryCalendar& CalendarOf(const Entry& entry);
  void ToggleDigest(const Entry& entry);
  void Count(const Entry& entry, int32_t by);
  void NoteFirstToGo();

  TableTotals& totals_;
  const Duration expire_;
  EntryCalendar idle_, held_, tombstones_;
  std::vector<uint64_t> digests_;
  std::atomic<int64_t> first_to_go_{kNothingToGo};
};

}  // namespace room_router
