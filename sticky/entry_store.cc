// SPDX-License-Identifier: Apache-2.0
#include "sticky/entry_store.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace room_router {
namespace {

constexpr size_t kFirstBuckets = 16;

}  // namespace

// Links are slot numbers: `next` chains a bucket of the index, or the free slots.

void Entry::SetDisplay(std::string_view text) {
  name = text.empty() ? nullptr : std::make_unique_for_overwrite<char[]>(text.size());
  std::copy(text.begin(), text.end(), name.get());
  name_size = static_cast<uint16_t>(text.size());
}

Cell Entry::cell() const {
  return {.binding = {.epoch = epoch, .stamp = stamp, .tombstone = tombstone}, .renewed = renewed};
}

EntryStore::EntryStore(uint64_t seed) : multiplier_(seed | 1), buckets_(kFirstBuckets, kNone) {}

size_t EntryStore::BucketOf(KeyNamespace ns, RoomKey key) const {
  const uint64_t mixed = (key.low + static_cast<uint64_t>(ns)) * multiplier_;
  return mixed >> (64 - std::countr_zero(buckets_.size()));
}

const Entry* EntryStore::Find(KeyNamespace ns, RoomKey key) const {
  for (uint32_t at = buckets_[BucketOf(ns, key)]; at != kNone;) {
    const Entry& entry = Slot(at);
    if (entry.key == key && entry.key_namespace == ns) return &entry;
    at = entry.next;
  }
  return nullptr;
}

Entry* EntryStore::Find(KeyNamespace ns, RoomKey key) {
  return const_cast<Entry*>(std::as_const(*this).Find(ns, key));
}

Entry& EntryStore::Insert(KeyNamespace ns, RoomKey key) {
  if (size_ == buckets_.size()) GrowIndex();
  uint32_t slot = free_;
  if (slot == kNone) {
    slot = slots_++;
    if (slot % kChunk == 0) chunks_.push_back(std::make_unique<Entry[]>(kChunk));
  } else {
    free_ = Slot(slot).next;
  }
  Entry& entry = Slot(slot);
  entry.key = key;
  entry.key_namespace = ns;
  entry.slot = slot;
  entry.used = true;
  uint32_t& first = buckets_[BucketOf(ns, key)];
  entry.next = std::exchange(first, slot);
  ++size_;
  return entry;
}

void EntryStore::Remove(Entry& entry) {
  assert(entry.used && entry.slice == Entry::kNoSlice);
  uint32_t* link = &buckets_[BucketOf(entry.key_namespace, entry.key)];
  while (*link != entry.slot) link = &Slot(*link).next;
  *link = entry.next;
  const uint32_t slot = entry.slot, next_queued = entry.next_queued;
  const bool queued = entry.queued;
  entry = Entry{};
  entry.next = std::exchange(free_, slot);
  entry.next_queued = next_queued;
  entry.queued = queued;
  --size_;
}

// A slot stays queued when its entry goes, so the queue holds no slot twice and needs no search.
void EntryStore::MarkChanged(Entry& entry) {
  entry.changed = true;
  if (entry.queued) return;
  entry.queued = true;
  entry.next_queued = kNone;
  (first_queued_ == kNone ? first_queued_ : Slot(last_queued_).next_queued) = entry.slot;
  last_queued_ = entry.slot;
}

Entry* EntryStore::TakeChanged() {
  while (first_queued_ != kNone) {
    Entry& entry = Slot(first_queued_);
    first_queued_ = entry.next_queued;
    entry.queued = false;
    if (!entry.changed) continue;
    entry.changed = false;
    return &entry;
  }
  return nullptr;
}

const Entry* EntryStore::At(uint32_t slot) const {
  const Entry& entry = Slot(slot);
  return entry.used ? &entry : nullptr;
}

Entry* EntryStore::At(uint32_t slot) { return const_cast<Entry*>(std::as_const(*this).At(slot)); }

void EntryStore::GrowIndex() {
  buckets_.assign(buckets_.size() * 2, kNone);
  for (uint32_t slot = 0; slot < slots_; ++slot) {
    Entry& entry = Slot(slot);
    if (!entry.used) continue;
    entry.next = std::exchange(buckets_[BucketOf(entry.key_namespace, entry.key)], slot);
  }
}

}  // namespace room_router
