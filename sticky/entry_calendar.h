// SPDX-License-Identifier: Apache-2.0
// Entries of one store in the order of a time each of them has: which one is first?
//
// A calendar queue: a ring of time slices, each a list of entries in no order until it is its turn.
// Then it is sorted once. So entries come with any time in O(1), and their time may grow without
// moving them (they are filed anew when their slice's turn comes): a lookup that renews an entry
// touches no other. Only while their slice is open, latecomers walk to their place in it.
// An entry is in one calendar at most. One owner, no locking. Amortised cost of First: the sort.
// Source: Brown, Calendar Queues, CACM 31(10), 1988.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "config/clock.h"
#include "sticky/entry_store.h"

namespace room_router {

class EntryCalendar {
 public:
  // `time`: what orders the entries. `horizon`: how far ahead of the first one most are; others
  // cost more but are right too.
  EntryCalendar(EntryStore& store, TimePoint Entry::*time, Duration horizon);

  void Add(Entry& entry);
  void Remove(Entry& entry);
  // Its time has grown. It must not shrink while the entry is in here.
  void Grown(Entry& entry) {
    if (open_ && entry.slice == RingIndex(first_)) Refile(entry);
  }

  Entry* First();
  // No entry's time is before this; exact after First. kNothing when there is none.
  static constexpr TimePoint kNothing = TimePoint::max();
  TimePoint bound() const { return bound_; }

 private:
  static constexpr int64_t kSlicesPerHorizon = 256;
  static constexpr int64_t kSlices = 2 * kSlicesPerHorizon;  // of the ring; 8 bytes each
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Slice {
    uint32_t oldest = kNone, newest = kNone;
  };

  static uint16_t RingIndex(int64_t number) { return static_cast<uint64_t>(number) % kSlices; }
  int64_t NumberOf(const Entry& entry) const;
  void Link(Entry& entry, int64_t number);
  void Unlink(Entry& entry);
  void Refile(Entry& entry);
  void Open();

  EntryStore& store_;
  TimePoint Entry::*const time_;
  const Clock::duration width_;
  std::array<Slice, kSlices> slices_;
  size_t size_ = 0;
  int64_t first_ = 0, last_ = 0;  // numbers of slices; all entries are in first_ … last_
  bool open_ = false;             // the first one is sorted
  TimePoint bound_ = kNothing;
};

}  // namespace room_router
