// SPDX-License-Identifier: Apache-2.0
#include "sticky/stick_table.h"

#include <algorithm>
#include <cassert>

namespace room_router {
namespace {

constexpr size_t kSweepBatch = 1024;   // entries of a stripe freed per sweep
constexpr uint32_t kVisitBatch = 256;  // slots looked at under one lock
// Nobody changes a room that often: a replica that says so would freeze it for good.
constexpr uint32_t kMaxEpoch = uint32_t{1} << 31;

EntryView View(const Entry& entry) {
  return {.key_namespace = entry.key_namespace,
          .key = entry.key,
          .display = std::string(entry.display()),
          .shard = entry.shard,
          .epoch = entry.epoch,
          .sessions = entry.sessions,
          .split = entry.split,
          .created = entry.created,
          .expires = entry.expires};
}

// Calls `visit` for every entry of the stripe, and `pause` under no lock after each few.
template <class Visit, class Pause>
void VisitEntries(const TableStripe& stripe, const Visit& visit, const Pause& pause) {
  for (uint32_t slot = 0, end = 0;; slot = end) {
    {
      const std::lock_guard lock(stripe.mutex);
      const EntryStore& store = stripe.store();
      end = std::min(slot + kVisitBatch, store.slots());
      for (uint32_t at = slot; at < end; ++at) {
        if (const Entry* entry = store.At(at)) visit(*entry);
      }
    }
    if (end == slot) return;
    pause();
  }
}

}  // namespace

// A locked stripe. Tells of the changes made to it once it is unlocked.
class StickTable::Access {
 public:
  Access(StickTable& table, TableStripe& stripe)
      : table_(table), stripe_(stripe), lock_(stripe.mutex) {}
  ~Access() {
    const bool news = stripe_.TakeNews();
    lock_.unlock();
    if (news) table_.TellOfChanges();
  }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  TableStripe* operator->() const { return &stripe_; }

 private:
  StickTable& table_;
  TableStripe& stripe_;
  std::unique_lock<std::mutex> lock_;
};

StickTable::StickTable(const Options& options)
    : stripes_(options), size_(std::max<size_t>(options.size, 1)) {}

std::optional<StickTable::Hit> StickTable::Find(KeyNamespace ns, RoomKey key, TimePoint now) const {
  TableStripe& stripe = stripes_.Of(key);
  const std::lock_guard lock(stripe.mutex);
  const Entry* entry = stripe.Find(ns, key);
  const bool usable = entry != nullptr && entry->bound() && !TableStripe::Expired(*entry, now);
  if (!usable) return std::nullopt;
  return Hit{.shard = entry->shard, .epoch = entry->epoch};
}

StickTable::Hit StickTable::FindOrBind(KeyNamespace ns, RoomKey key, std::string_view display,
                                       TimePoint now, ShardChooser choose) {
  Hit hit;
  {
    const Access stripe(*this, stripes_.Of(key));
    Entry* entry = stripe->Find(ns, key);
    const bool live = entry != nullptr && !TableStripe::Expired(*entry, now);
    const ShardId previous = live ? entry->shard : kNoShard;
    hit.shard = choose(previous);
    if (hit.shard == kNoShard) return hit;
    hit.inserted = hit.shard != previous;
    if (entry == nullptr) {
      entry = &stripe->Insert(ns, key, now);
    } else if (!live) {
      stripe->Lapse(*entry, now);
    }
    if (hit.inserted) {
      hit.sessions = entry->sessions;
      stripe->Bind(*entry, hit.shard, display, now);
    } else {
      stripe->Renew(*entry, now);
    }
    hit.epoch = entry->epoch;
  }
  if (hit.inserted) MakeRoom(now, key);
  const auto& on_displaced = stripes_.options().on_displaced;
  if (hit.sessions > 0 && on_displaced) on_displaced(ns, key);
  return hit;
}

ShardId StickTable::AcquireSession(KeyNamespace ns, RoomKey key, TimePoint now) {
  const Access stripe(*this, stripes_.Of(key));
  Entry& entry = stripe->FindOrInsert(ns, key, now);
  stripe->Acquire(entry, now);
  return entry.shard;
}

void StickTable::ReleaseSession(KeyNamespace ns, RoomKey key, TimePoint now) {
  const Access stripe(*this, stripes_.Of(key));
  Entry* entry = stripe->Find(ns, key);
  assert(entry != nullptr);
  stripe->Release(*entry, now);
}

void StickTable::Set(KeyNamespace ns, RoomKey key, std::string_view display, ShardId shard,
                     TimePoint now) {
  assert(shard != kNoShard);
  {
    const Access stripe(*this, stripes_.Of(key));
    Entry& entry = stripe->FindOrInsert(ns, key, now);
    stripe->CountSet(entry, shard);
    stripe->Bind(entry, shard, display, now);
  }
  MakeRoom(now, key);
}

bool StickTable::Erase(KeyNamespace ns, RoomKey key) {
  const Access stripe(*this, stripes_.Of(key));
  Entry* entry = stripe->Find(ns, key);
  if (entry == nullptr || !entry->bound()) return false;
  stripe->Erase(*entry);
  return true;
}

void StickTable::Clear() {
  for (const auto& each : stripes_) Access(*this, *each)->EraseAll();
}

StickTable::MergeResult StickTable::Merge(const CellRecord& record, TimePoint now) {
  if (!Credible(record, now)) return {.outcome = MergeOutcome::kRefused};
  if (record.lease <= Duration(0)) return {};
  if (!HasRoomFor(record, now)) return {.outcome = MergeOutcome::kRefused};
  const MergeResult result = Access(*this, stripes_.Of(record.key))->Merge(record, now);
  if (result.inserted) MakeRoom(now, record.key);
  return result;
}

// Begins with another stripe each time, so that none waits forever when `limit` is small.
std::vector<CellRecord> StickTable::TakeChanges(TimePoint now, size_t limit) {
  std::vector<CellRecord> records;
  told_.exchange(false, std::memory_order_acq_rel);
  const size_t first = next_taken_.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < stripes_.size(); ++i) {
    TableStripe& stripe = stripes_[(first + i) % stripes_.size()];
    const std::lock_guard lock(stripe.mutex);
    while (records.size() < limit) {
      const Entry* entry = stripe.TakeChanged();
      if (entry == nullptr) break;
      if (entry->replicated() && !TableStripe::Expired(*entry, now)) {
        records.push_back(stripe.RecordOf(*entry, now));
      }
    }
  }
  return records;
}

std::optional<CellRecord> StickTable::Record(KeyNamespace ns, RoomKey key, TimePoint now) const {
  TableStripe& stripe = stripes_.Of(key);
  const std::lock_guard lock(stripe.mutex);
  const Entry* entry = stripe.Find(ns, key);
  const bool live = entry != nullptr && entry->replicated() && !TableStripe::Expired(*entry, now);
  if (!live) return std::nullopt;
  return stripe.RecordOf(*entry, now);
}

StickTable::Digests StickTable::BucketDigests() const {
  Digests digests;
  auto out = digests.begin();
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    out = std::ranges::copy(stripe->ledger().digests(), out).out;
  }
  return digests;
}

size_t StickTable::BucketOf(RoomKey key) { return room_router::BucketOf(key); }

std::vector<CellRecord> StickTable::RecordsIn(size_t bucket, TimePoint now) const {
  std::vector<CellRecord> records;
  if (bucket >= kBuckets) return records;
  const TableStripe& stripe = stripes_.OfBucket(bucket);
  const auto take = [&](const Entry& entry) {
    if (BucketOf(entry.key) != bucket || !entry.replicated()) return;
    if (!TableStripe::Expired(entry, now)) records.push_back(stripe.RecordOf(entry, now));
  };
  VisitEntries(stripe, take, [] {});
  return records;
}

void StickTable::AnnounceHeld(Duration at_least, TimePoint now) {
  for (const auto& each : stripes_) Access(*this, *each)->AnnounceHeld(at_least, now);
}

void StickTable::MarkHealed(KeyNamespace ns, RoomKey key) {
  TableStripe& stripe = stripes_.Of(key);
  const std::lock_guard lock(stripe.mutex);
  if (Entry* entry = stripe.Find(ns, key)) entry->split = false;
}

void StickTable::ForEach(TimePoint now, const std::function<void(const EntryView&)>& visit) const {
  std::vector<EntryView> batch;
  const auto take = [&](const Entry& entry) {
    if (entry.bound() && !TableStripe::Expired(entry, now)) batch.push_back(View(entry));
  };
  const auto hand_over = [&] {
    for (const EntryView& view : batch) visit(view);
    batch.clear();
  };
  for (const auto& stripe : stripes_) VisitEntries(*stripe, take, hand_over);
}

uint32_t StickTable::RoomsOn(ShardId shard) const { return stripes_.totals().rooms_on.Get(shard); }

uint32_t StickTable::Rooms() const {
  return stripes_.totals().rooms.load(std::memory_order_relaxed);
}

void StickTable::Sweep(TimePoint now) {
  for (const auto& each : stripes_) {
    const Access stripe(*this, *each);
    stripe->RemoveExpired(now, kSweepBatch);
    stripe->AnnounceDue(now);
  }
}

void StickTable::Resize(size_t size, TimePoint now) {
  size_.store(std::max<size_t>(size, 1), std::memory_order_relaxed);
  while (stripes_.entries() > this->size()) {
    if (!stripes_.EvictFirst(now, nullptr)) return;
  }
}

size_t StickTable::size() const { return size_.load(std::memory_order_relaxed); }

StickTable::Stats StickTable::stats() const {
  Stats sum;
  const size_t all = stripes_.entries();
  sum.tombstones = std::min(stripes_.totals().tombstones.load(std::memory_order_relaxed), all);
  sum.entries = all - sum.tombstones;
  sum.over_size = over_size_.load(std::memory_order_relaxed);
  for (const auto& stripe : stripes_) {
    const std::lock_guard lock(stripe->mutex);
    const TableStats& part = stripe->stats();
    sum.inserts += part.inserts;
    sum.moves += part.moves;
    sum.moves_set += part.moves_set;
    sum.moves_merged += part.moves_merged;
    sum.evictions_expired += part.evictions_expired;
    sum.evictions_live += part.evictions_live;
    sum.evictions_tombstones += part.evictions_tombstones;
  }
  return sum;
}

void StickTable::TellOfChanges() {
  const auto& on_change = stripes_.options().on_change;
  if (on_change != nullptr && !told_.exchange(true, std::memory_order_acq_rel)) on_change();
}

bool StickTable::Credible(const CellRecord& record, TimePoint now) const {
  const Binding& binding = record.cell.binding;
  if (binding.tombstone != (record.shard == kNoShard) || binding.epoch > kMaxEpoch) return false;
  HybridClock* clock = stripes_.options().clock;
  return clock == nullptr || clock->Observe(std::max(binding.stamp.time, record.cell.renewed), now);
}

// When the table is full, only what lasts longer than the first one to go is worth its place.
bool StickTable::HasRoomFor(const CellRecord& record, TimePoint now) const {
  if (stripes_.entries() < size()) return true;
  TableStripe& own = stripes_.Of(record.key);
  {
    const std::lock_guard lock(own.mutex);
    if (own.Find(record.key_namespace, record.key) != nullptr) return true;
  }
  return stripes_.Outlasts(record, now);
}

void StickTable::MakeRoom(TimePoint now, const RoomKey& spared) {
  while (stripes_.entries() > size()) {
    if (stripes_.EvictFirst(now, &spared)) continue;
    over_size_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
}

}  // namespace room_router
