// SPDX-License-Identifier: Apache-2.0
#include "sticky/table_stripe.h"

#include <cassert>
#include <utility>

namespace room_router {
namespace {

constexpr size_t kExpirePerInsert = 2;  // so that a busy table shrinks as fast as it grows

}  // namespace

Entry* TableStripe::FindLive(KeyNamespace ns, RoomKey key, TimePoint now) {
  Entry* entry = store_.Find(ns, key);
  if (entry == nullptr || !Expired(*entry, now)) return entry;
  ++stats_.evictions_expired;
  Remove(*entry);
  return nullptr;
}

Entry& TableStripe::Insert(KeyNamespace ns, RoomKey key, TimePoint now) {
  RemoveExpired(now, kExpirePerInsert);
  Entry& entry = store_.Insert(ns, key);
  entry.created = now;
  entry.expires = now + expire_;
  store_.LinkNewest(entry);
  NoteOldest();
  totals_.entries.fetch_add(1, std::memory_order_relaxed);
  return entry;
}

void TableStripe::Bind(Entry& entry, ShardId shard, std::string_view display) {
  const bool bound = entry.shard != kNoShard;
  if (!bound) ++stats_.inserts;
  if (bound && entry.shard != shard) ++stats_.moves;
  if (entry.was_bound) ++entry.epoch;
  if (!entry.was_bound) entry.SetDisplay(display);
  entry.was_bound = true;
  Unbind(entry);
  entry.shard = shard;
  if (entry.key_namespace != KeyNamespace::kRoom) return;
  totals_.rooms_on.Add(shard, 1);
  totals_.rooms.fetch_add(1, std::memory_order_relaxed);
}

void TableStripe::Renew(Entry& entry, TimePoint now) {
  entry.expires = now + expire_;
  if (entry.sessions > 0) return;
  store_.Unlink(entry);
  store_.LinkNewest(entry);
  NoteOldest();
}

void TableStripe::Acquire(Entry& entry, TimePoint now) {
  entry.expires = now + expire_;
  if (entry.sessions++ > 0) return;
  store_.Unlink(entry);
  NoteOldest();
}

void TableStripe::Release(Entry& entry, TimePoint now) {
  assert(entry.sessions > 0);
  if (--entry.sessions > 0) return;
  entry.expires = now + expire_;
  store_.LinkNewest(entry);
  NoteOldest();
  if (entry.shard == kNoShard) Remove(entry);
}

void TableStripe::Erase(Entry& entry) {
  if (entry.sessions > 0) {
    Unbind(entry);
  } else {
    Remove(entry);
  }
}

void TableStripe::EraseAll() {
  for (uint32_t slot = 0; slot < store_.slots(); ++slot) {
    if (Entry* entry = store_.At(slot)) Erase(*entry);
  }
}

void TableStripe::RemoveExpired(TimePoint now, size_t limit) {
  for (; limit > 0; --limit) {
    Entry* entry = store_.oldest();
    if (entry == nullptr || !Expired(*entry, now)) return;
    ++stats_.evictions_expired;
    Remove(*entry);
  }
}

bool TableStripe::EvictOldest(TimePoint now, const RoomKey* spared) {
  Entry* entry = store_.oldest();
  if (entry == nullptr || (spared != nullptr && entry->key == *spared)) return false;
  ++(Expired(*entry, now) ? stats_.evictions_expired : stats_.evictions_live);
  Remove(*entry);
  return true;
}

void TableStripe::Unbind(Entry& entry) {
  const ShardId shard = std::exchange(entry.shard, kNoShard);
  if (shard == kNoShard || entry.key_namespace != KeyNamespace::kRoom) return;
  totals_.rooms_on.Add(shard, -1);
  totals_.rooms.fetch_sub(1, std::memory_order_relaxed);
}

void TableStripe::Remove(Entry& entry) {
  Unbind(entry);
  store_.Unlink(entry);
  store_.Remove(entry);
  NoteOldest();
  totals_.entries.fetch_sub(1, std::memory_order_relaxed);
}

void TableStripe::NoteOldest() {
  const Entry* entry = store_.oldest();
  oldest_.store(entry == nullptr ? kNothingIdle : entry->expires.time_since_epoch().count(),
                std::memory_order_relaxed);
}

}  // namespace room_router
