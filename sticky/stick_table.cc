// SPDX-License-Identifier: Apache-2.0
#include "sticky/stick_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

namespace room_router {
namespace {

constexpr size_t kSweepBatch = 1024;   // entries of a stripe freed per sweep
constexpr uint32_t kVisitBatch = 256;  // slots looked at under one lock

// At most `limit` bytes, whole characters.
std::string_view Cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<uint8_t>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

EntryView View(const Entry& entry) {
  return {.key_namespace = entry.key_namespace,
          .key = entry.key,
          .display = std::string(entry.display()),
          .shard = entry.shard,
          .epoch = entry.epoch,
          .sessions = entry.sessions,
          .created = entry.created,
          .expires = entry.expires};
}

}  // namespace

StickTable::StickTable(const Options& options)
    : display_bytes_(std::min<size_t>(options.display_bytes, std::numeric_limits<uint16_t>::max())),
      size_(std::max<size_t>(options.size, 1)) {
  assert(std::has_single_bit(options.stripes));
  for (unsigned i = 0; i < options.stripes; ++i) {
    stripes_.push_back(std::make_unique<TableStripe>(options.seed, options.expire, totals_));
  }
}

TableStripe& StickTable::StripeOf(RoomKey key) const {
  return *stripes_[(key.high >> 32) & (stripes_.size() - 1)];
}

std::optional<StickTable::Hit> StickTable::Find(KeyNamespace ns, RoomKey key, TimePoint now) const {
  TableStripe& stripe = StripeOf(key);
  const std::lock_guard lock(stripe.mutex);
  const Entry* entry = stripe.Find(ns, key);
  const bool usable =
      entry != nullptr && entry->shard != kNoShard && !TableStripe::Expired(*entry, now);
  if (!usable) return std::nullopt;
  return Hit{.shard = entry->shard, .epoch = entry->epoch};
}

StickTable::Hit StickTable::FindOrBind(KeyNamespace ns, RoomKey key, std::string_view display,
                                       TimePoint now, ShardChooser choose) {
  Hit hit;
  TableStripe& stripe = StripeOf(key);
  {
    const std::lock_guard lock(stripe.mutex);
    Entry* entry = stripe.FindLive(ns, key, now);
    const ShardId previous = entry == nullptr ? kNoShard : entry->shard;
    hit.shard = choose(previous);
    if (hit.shard == kNoShard) return hit;
    hit.inserted = hit.shard != previous;
    if (entry == nullptr) entry = &stripe.Insert(ns, key, now);
    if (hit.inserted) stripe.Bind(*entry, hit.shard, Cut(display, display_bytes_));
    stripe.Renew(*entry, now);
    hit.epoch = entry->epoch;
  }
  if (hit.inserted) MakeRoom(now, key);
  return hit;
}

void StickTable::AcquireSession(KeyNamespace ns, RoomKey key, TimePoint now) {
  TableStripe& stripe = StripeOf(key);
  const std::lock_guard lock(stripe.mutex);
  Entry* entry = stripe.FindLive(ns, key, now);
  stripe.Acquire(entry == nullptr ? stripe.Insert(ns, key, now) : *entry, now);
}

void StickTable::ReleaseSession(KeyNamespace ns, RoomKey key, TimePoint now) {
  TableStripe& stripe = StripeOf(key);
  const std::lock_guard lock(stripe.mutex);
  Entry* entry = stripe.Find(ns, key);
  assert(entry != nullptr);
  stripe.Release(*entry, now);
}

void StickTable::Set(KeyNamespace ns, RoomKey key, std::string_view display, ShardId shard,
                     TimePoint now) {
  assert(shard != kNoShard);
  TableStripe& stripe = StripeOf(key);
  {
    const std::lock_guard lock(stripe.mutex);
    Entry* entry = stripe.FindLive(ns, key, now);
    if (entry == nullptr) entry = &stripe.Insert(ns, key, now);
    stripe.Bind(*entry, shard, Cut(display, display_bytes_));
    stripe.Renew(*entry, now);
  }
  MakeRoom(now, key);
}

bool StickTable::Erase(KeyNamespace ns, RoomKey key) {
  TableStripe& stripe = StripeOf(key);
  const std::lock_guard lock(stripe.mutex);
  Entry* entry = stripe.Find(ns, key);
  if (entry == nullptr || entry->shard == kNoShard) return false;
  stripe.Erase(*entry);
  return true;
}

void StickTable::Clear() {
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    stripe->EraseAll();
  }
}

void StickTable::ForEach(TimePoint now, const std::function<void(const EntryView&)>& visit) const {
  std::vector<EntryView> batch;
  for (const auto& stripe : stripes_) {
    for (uint32_t slot = 0, end = 0;; slot = end) {
      {
        const std::lock_guard lock(stripe->mutex);
        const EntryStore& store = stripe->store();
        end = std::min(slot + kVisitBatch, store.slots());
        for (uint32_t at = slot; at < end; ++at) {
          const Entry* entry = store.At(at);
          if (entry == nullptr || entry->shard == kNoShard) continue;
          if (!TableStripe::Expired(*entry, now)) batch.push_back(View(*entry));
        }
      }
      if (end == slot) break;
      for (const EntryView& view : batch) visit(view);
      batch.clear();
    }
  }
}

uint32_t StickTable::RoomsOn(ShardId shard) const { return totals_.rooms_on.Get(shard); }

uint32_t StickTable::Rooms() const { return totals_.rooms.load(std::memory_order_relaxed); }

void StickTable::Sweep(TimePoint now) {
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    stripe->RemoveExpired(now, kSweepBatch);
  }
}

void StickTable::Resize(size_t size, TimePoint now) {
  size_.store(std::max<size_t>(size, 1), std::memory_order_relaxed);
  while (totals_.entries.load(std::memory_order_relaxed) > this->size()) {
    if (!EvictOldest(now, nullptr)) return;
  }
}

size_t StickTable::size() const { return size_.load(std::memory_order_relaxed); }

StickTable::Stats StickTable::stats() const {
  Stats sum;
  sum.entries = totals_.entries.load(std::memory_order_relaxed);
  sum.over_size = over_size_.load(std::memory_order_relaxed);
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    const TableStripe::Stats& part = stripe->stats();
    sum.inserts += part.inserts;
    sum.moves += part.moves;
    sum.evictions_expired += part.evictions_expired;
    sum.evictions_live += part.evictions_live;
  }
  return sum;
}

// From the stripe whose oldest entry has been idle for longest; among equals not from the stripe of
// `spared`, the key that was just inserted.
bool StickTable::EvictOldest(TimePoint now, const RoomKey* spared) {
  TableStripe* const own = spared == nullptr ? nullptr : &StripeOf(*spared);
  TableStripe* oldest = nullptr;
  int64_t expiry = TableStripe::kNothingIdle;
  for (const auto& stripe : stripes_) {
    if (stripe.get() == own || stripe->oldest_expiry() >= expiry) continue;
    oldest = stripe.get();
    expiry = stripe->oldest_expiry();
  }
  if (own != nullptr && own->oldest_expiry() < expiry) oldest = own;
  if (oldest == nullptr) return false;
  const std::lock_guard lock(oldest->mutex);
  return oldest->EvictOldest(now, spared);
}

void StickTable::MakeRoom(TimePoint now, const RoomKey& spared) {
  while (totals_.entries.load(std::memory_order_relaxed) > size()) {
    if (EvictOldest(now, &spared)) continue;
    over_size_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
}

}  // namespace room_router
