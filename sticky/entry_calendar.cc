// SPDX-License-Identifier: Apache-2.0
#include "sticky/entry_calendar.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace room_router {

EntryCalendar::EntryCalendar(EntryStore& store, TimePoint Entry::*time, Duration horizon)
    : store_(store),
      time_(time),
      width_(std::max(Clock::duration(horizon) / kSlicesPerHorizon, Clock::duration(1))) {}

// What lies beyond the ring is filed too early, which is put right when its slice's turn comes;
// what lies before the first slice goes there, where it is sorted. That slice is the earliest the
// ring has room for, so none is put before it as long as such an entry is in it.
void EntryCalendar::Add(Entry& entry) {
  const int64_t number = NumberOf(entry);
  if (size_ == 0) {
    first_ = last_ = number;
    open_ = false;
  } else if (const int64_t front = std::max(number, last_ - kSlices + 1); front < first_) {
    first_ = front;
    open_ = false;
  }
  Link(entry, std::clamp(number, first_, first_ + kSlices - 1));
  bound_ = std::min(bound_, entry.*time_);
  ++size_;
}

void EntryCalendar::Remove(Entry& entry) {
  Unlink(entry);
  if (--size_ == 0) bound_ = kNothing;
}

Entry* EntryCalendar::First() {
  while (size_ > 0) {
    if (!open_) Open();
    const uint32_t oldest = slices_[RingIndex(first_)].oldest;
    if (oldest != kNone) {
      Entry& entry = store_.Slot(oldest);
      bound_ = entry.*time_;
      return &entry;
    }
    ++first_;
    open_ = false;
  }
  return nullptr;
}

int64_t EntryCalendar::NumberOf(const Entry& entry) const {
  return (entry.*time_).time_since_epoch() / width_;
}

void EntryCalendar::Link(Entry& entry, int64_t number) {
  assert(entry.slice == Entry::kNoSlice);
  last_ = std::max(last_, number);
  entry.slice = RingIndex(number);
  Slice& slice = slices_[entry.slice];
  uint32_t older = slice.newest;
  if (open_ && number == first_) {
    while (older != kNone && store_.Slot(older).*time_ > entry.*time_) {
      older = store_.Slot(older).older;
    }
  }
  entry.older = older;
  entry.newer = std::exchange(older == kNone ? slice.oldest : store_.Slot(older).newer, entry.slot);
  (entry.newer == kNone ? slice.newest : store_.Slot(entry.newer).older) = entry.slot;
}

void EntryCalendar::Unlink(Entry& entry) {
  assert(entry.slice != Entry::kNoSlice);
  Slice& slice = slices_[entry.slice];
  (entry.older == kNone ? slice.oldest : store_.Slot(entry.older).newer) = entry.newer;
  (entry.newer == kNone ? slice.newest : store_.Slot(entry.newer).older) = entry.older;
  entry.slice = Entry::kNoSlice;
}

void EntryCalendar::Refile(Entry& entry) {
  Unlink(entry);
  Link(entry, std::clamp(NumberOf(entry), first_, first_ + kSlices - 1));
}

// Sorts the first slice and files anew what has grown beyond it.
void EntryCalendar::Open() {
  std::vector<std::pair<TimePoint, uint32_t>> stay;
  for (uint32_t at = slices_[RingIndex(first_)].oldest; at != kNone;) {
    Entry& entry = store_.Slot(at);
    at = entry.newer;
    Unlink(entry);
    const int64_t number = NumberOf(entry);
    if (number > first_) {
      Link(entry, std::min(number, first_ + kSlices - 1));
    } else {
      stay.emplace_back(entry.*time_, entry.slot);
    }
  }
  std::sort(stay.begin(), stay.end());
  for (const auto& [time, slot] : stay) Link(store_.Slot(slot), first_);
  open_ = true;
}

}  // namespace room_router
