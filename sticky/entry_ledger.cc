// SPDX-License-Identifier: Apache-2.0
#include "sticky/entry_ledger.h"

#include <algorithm>

namespace room_router {
namespace {

Entry* FirstBefore(EntryCalendar& calendar, TimePoint Entry::*time, TimePoint limit) {
  if (calendar.bound() >= limit) return nullptr;
  Entry* entry = calendar.First();
  return entry == nullptr || entry->*time >= limit ? nullptr : entry;
}

}  // namespace

EntryLedger::EntryLedger(EntryStore& store, TableTotals& totals, Duration expire, size_t buckets)
    : totals_(totals),
      expire_(expire),
      idle_(store, &Entry::expires, expire),
      held_(store, &Entry::announced, expire),
      tombstones_(store, &Entry::expires, LongestLease(true)),
      digests_(buckets) {}

void EntryLedger::List(Entry& entry) {
  CalendarOf(entry).Add(entry);
  ToggleDigest(entry);
  Count(entry, 1);
  NoteFirstToGo();
}

void EntryLedger::Unlist(Entry& entry) {
  if (!entry.replicated()) return;
  CalendarOf(entry).Remove(entry);
  ToggleDigest(entry);
  Count(entry, -1);
  NoteFirstToGo();
}

void EntryLedger::Hold(Entry& entry) {
  idle_.Remove(entry);
  held_.Add(entry);
  NoteFirstToGo();
}

void EntryLedger::Free(Entry& entry) {
  held_.Remove(entry);
  idle_.Add(entry);
  NoteFirstToGo();
}

void EntryLedger::Renew(Entry& entry, HybridTime renewed, TimePoint until) {
  ToggleDigest(entry);
  entry.renewed = renewed;
  ToggleDigest(entry);
  entry.expires = std::max(entry.expires, until);
  entry.announced = std::max(entry.announced, until);
  CalendarOf(entry).Grown(entry);
}

Entry* EntryLedger::FirstEnded(TimePoint now) {
  const TimePoint next = now + Clock::duration(1);
  Entry* entry = FirstBefore(idle_, &Entry::expires, next);
  return entry != nullptr ? entry : FirstBefore(tombstones_, &Entry::expires, next);
}

Entry* EntryLedger::FirstHeldBefore(TimePoint due) {
  return FirstBefore(held_, &Entry::announced, due);
}

Entry* EntryLedger::FirstToGo() {
  Entry* idle = idle_.First();
  Entry* tombstone = tombstones_.First();
  NoteFirstToGo();
  if (idle == nullptr || tombstone == nullptr) return idle == nullptr ? tombstone : idle;
  return GoesAt(false, idle->expires) < GoesAt(true, tombstone->expires) ? idle : tombstone;
}

int64_t EntryLedger::GoesAt(bool tombstone, TimePoint expires) const {
  if (tombstone && expires != EntryCalendar::kNothing) expires -= LongestLease(true);
  return expires.time_since_epoch().count();
}

int64_t EntryLedger::FindFirstToGo() {
  FirstToGo();
  return first_to_go();
}

EntryCalendar& EntryLedger::CalendarOf(const Entry& entry) {
  if (entry.tombstone) return tombstones_;
  return entry.sessions > 0 ? held_ : idle_;
}

void EntryLedger::ToggleDigest(const Entry& entry) {
  uint64_t& digest = digests_[BucketOf(entry.key) % digests_.size()];
  digest ^= DigestOf(entry.key_namespace, entry.key, entry.cell());
}

void EntryLedger::Count(const Entry& entry, int32_t by) {
  if (entry.tombstone) {
    totals_.tombstones.fetch_add(static_cast<size_t>(by), std::memory_order_relaxed);
  } else if (entry.key_namespace == KeyNamespace::kRoom) {
    totals_.rooms_on.Add(entry.shard, by);
    totals_.rooms.fetch_add(static_cast<uint32_t>(by), std::memory_order_relaxed);
  }
}

void EntryLedger::NoteFirstToGo() {
  const int64_t first = std::min(GoesAt(false, idle_.bound()), GoesAt(true, tombstones_.bound()));
  first_to_go_.store(first, std::memory_order_relaxed);
}

}  // namespace room_router
