// SPDX-License-Identifier: Apache-2.0
#include "sticky/table_stripe.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace room_router {
namespace {

constexpr size_t kExpirePerInsert = 2;  // so that a busy table shrinks as fast as it grows

// At most `limit` bytes, whole characters.
std::string_view Cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<uint8_t>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

}  // namespace

TableStripe::TableStripe(const StickTableOptions& options, TableTotals& totals)
    : options_(options),
      worth_announcing_(options.expire * 3 / 4),
      totals_(totals),
      store_(options.seed),
      ledger_(store_, totals, options.expire, kCellBuckets / options.stripes) {}

Entry& TableStripe::FindOrInsert(KeyNamespace ns, RoomKey key, TimePoint now) {
  Entry* entry = store_.Find(ns, key);
  if (entry == nullptr) return Insert(ns, key, now);
  if (Expired(*entry, now)) Lapse(*entry, now);
  return *entry;
}

Entry& TableStripe::Insert(KeyNamespace ns, RoomKey key, TimePoint now) {
  RemoveExpired(now, kExpirePerInsert);
  Entry& entry = store_.Insert(ns, key);
  entry.created = now;
  totals_.entries.fetch_add(1, std::memory_order_relaxed);
  return entry;
}

void TableStripe::Lapse(Entry& entry, TimePoint now) {
  if (entry.bound()) ++stats_.evictions_expired;
  Forget(entry);
  entry.created = now;
}

void TableStripe::Bind(Entry& entry, ShardId shard, std::string_view display, TimePoint now) {
  See(now);
  if (!entry.bound()) ++stats_.inserts;
  if (entry.bound() && entry.shard != shard) ++stats_.moves;
  ledger_.Unlist(entry);
  if (entry.was_bound) ++entry.epoch;
  entry.was_bound = true;
  entry.tombstone = false;
  entry.shard = shard;
  entry.stamp = NextStamp(now);
  entry.renewed = entry.stamp.time;
  entry.expires = entry.announced = now + options_.expire;
  SetDisplay(entry, display);
  ledger_.List(entry);
  MarkChanged(entry);
}

void TableStripe::Renew(Entry& entry, TimePoint now) {
  See(now);
  if (!entry.bound()) return;
  const TimePoint expires = now + options_.expire;
  if (entry.sessions > 0) {
    entry.expires = std::max(entry.expires, expires);
  } else if (expires > entry.expires) {
    ledger_.Lengthen(entry, expires);
  }
  if (entry.announced - now < worth_announcing_) Announce(entry, now);
}

void TableStripe::Acquire(Entry& entry, TimePoint now) {
  if (entry.sessions++ == 0 && entry.bound()) ledger_.Hold(entry);
  Renew(entry, now);
}

void TableStripe::Release(Entry& entry, TimePoint now) {
  assert(entry.sessions > 0);
  Renew(entry, now);
  if (--entry.sessions > 0) return;
  entry.split = false;
  if (!entry.replicated()) {
    Remove(entry);
  } else if (entry.bound()) {
    ledger_.Free(entry);
  }
}

void TableStripe::Erase(Entry& entry) {
  if (options_.clock == nullptr) {
    Drop(entry);
    return;
  }
  Forget(entry);
  ++entry.epoch;
  entry.tombstone = true;
  entry.stamp = NextStamp(latest_);
  entry.renewed = entry.stamp.time;
  entry.expires = entry.announced = latest_ + ledger_.LongestLease(true);
  entry.SetDisplay({});
  ledger_.List(entry);
  MarkChanged(entry);
}

void TableStripe::EraseAll() {
  for (uint32_t slot = 0; slot < store_.slots(); ++slot) {
    Entry* entry = store_.At(slot);
    if (entry != nullptr && entry->bound()) Erase(*entry);
  }
}

void TableStripe::RemoveExpired(TimePoint now, size_t limit) {
  See(now);
  for (; limit > 0; --limit) {
    Entry* entry = ledger_.FirstEnded(now);
    if (entry == nullptr) return;
    if (entry->bound()) ++stats_.evictions_expired;
    Drop(*entry);
  }
}

bool TableStripe::EvictFirst(TimePoint now, const RoomKey* spared) {
  Entry* first = ledger_.FirstToGo();
  if (first == nullptr || (spared != nullptr && first->key == *spared)) return false;
  Entry& entry = *first;
  if (entry.tombstone) {
    ++stats_.evictions_tombstones;
  } else {
    ++(Expired(entry, now) ? stats_.evictions_expired : stats_.evictions_live);
  }
  Drop(entry);
  ledger_.FindFirstToGo();
  return true;
}

MergeResult TableStripe::Merge(const CellRecord& record, TimePoint now) {
  See(now);
  const bool known = store_.Find(record.key_namespace, record.key) != nullptr;
  Entry& entry = FindOrInsert(record.key_namespace, record.key, now);
  const Binding own = entry.cell().binding, theirs = record.cell.binding;
  const bool rivals = entry.bound() && !theirs.tombstone && entry.shard != record.shard;
  MergeResult result{.inserted = !known};
  result.split = rivals && own.epoch == theirs.epoch && own != theirs;
  const bool wins = !entry.replicated() || theirs > own;
  const bool tombstone = wins ? theirs.tombstone : own.tombstone;
  const TimePoint until = now + std::min(record.lease, ledger_.LongestLease(tombstone));
  if (wins) {
    result.outcome = MergeOutcome::kAdopted;
    if (entry.bound() && entry.shard != record.shard) result.lost = entry.shard;
    if (entry.shard != record.shard) result.sessions = entry.sessions;
    entry.split = entry.split || (result.split && entry.sessions > 0);
    Adopt(entry, record, until);
  } else if (theirs < own) {
    result.outcome = MergeOutcome::kStale;
  }
  if (record.cell.renewed > entry.renewed) {
    if (theirs == own && !wins) result.outcome = MergeOutcome::kRenewed;
    ledger_.Renew(entry, record.cell.renewed, until);
  }
  return result;
}

void TableStripe::AnnounceHeld(Duration at_least, TimePoint now) {
  const TimePoint due = now + std::min(at_least, options_.expire);
  while (Entry* entry = ledger_.FirstHeldBefore(due)) Announce(*entry, now);
}

CellRecord TableStripe::RecordOf(const Entry& entry, TimePoint now) const {
  const bool held = entry.bound() && entry.sessions > 0;
  return {.key_namespace = entry.key_namespace,
          .key = entry.key,
          .cell = entry.cell(),
          .shard = entry.shard,
          .lease = held ? options_.expire : std::chrono::floor<Duration>(entry.expires - now),
          .display = std::string(entry.display())};
}

void TableStripe::Forget(Entry& entry) {
  ledger_.Unlist(entry);
  entry.shard = kNoShard;
  entry.tombstone = false;
}

void TableStripe::Drop(Entry& entry) {
  Forget(entry);
  if (entry.sessions == 0) Remove(entry);
}

void TableStripe::Remove(Entry& entry) {
  store_.Remove(entry);
  totals_.entries.fetch_sub(1, std::memory_order_relaxed);
}

// The lease is taken over when there is none of this kind yet.
void TableStripe::Adopt(Entry& entry, const CellRecord& record, TimePoint until) {
  const Binding& binding = record.cell.binding;
  const bool another_kind = !entry.replicated() || entry.tombstone != binding.tombstone;
  if (!entry.replicated()) entry.renewed = 0;
  if (!binding.tombstone && !entry.bound()) ++stats_.inserts;
  if (!binding.tombstone && entry.bound() && entry.shard != record.shard) {
    ++stats_.moves;
    ++stats_.moves_merged;
  }
  ledger_.Unlist(entry);
  entry.epoch = binding.epoch;
  entry.stamp = binding.stamp;
  entry.tombstone = binding.tombstone;
  entry.shard = record.shard;
  entry.was_bound = true;
  if (another_kind) entry.expires = entry.announced = until;
  if (binding.tombstone) entry.SetDisplay({});
  if (!binding.tombstone) SetDisplay(entry, record.display);
  ledger_.List(entry);
}

void TableStripe::Announce(Entry& entry, TimePoint now) {
  ledger_.Renew(entry, NextStamp(now).time, now + options_.expire);
  MarkChanged(entry);
}

void TableStripe::MarkChanged(Entry& entry) {
  store_.MarkChanged(entry);
  news_ = true;
}

void TableStripe::SetDisplay(Entry& entry, std::string_view display) {
  if (entry.name == nullptr) entry.SetDisplay(Cut(display, options_.display_bytes));
}

Stamp TableStripe::NextStamp(TimePoint now) {
  return options_.clock == nullptr ? Stamp{} : options_.clock->Next(now);
}

}  // namespace room_router
