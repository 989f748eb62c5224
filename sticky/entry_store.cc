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

// Links are slot numbers: `next` chains a bucket or the free slots, `older` and `newer` the idle.

void Entry::SetDisplay(std::string_view text) {
  name = text.empty() ? nullptr : std::make_unique_for_overwrite<char[]>(text.size());
  std::copy(text.begin(), text.end(), name.get());
  name_size = static_cast<uint16_t>(text.size());
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
  entry.older = entry.newer = kNone;
  uint32_t& first = buckets_[BucketOf(ns, key)];
  entry.next = std::exchange(first, slot);
  ++size_;
  return entry;
}

void EntryStore::Remove(Entry& entry) {
  assert(entry.used && entry.slot != oldest_ && entry.slot != newest_);
  uint32_t* link = &buckets_[BucketOf(entry.key_namespace, entry.key)];
  while (*link != entry.slot) link = &Slot(*link).next;
  *link = entry.next;
  const uint32_t slot = entry.slot;
  entry = Entry{};
  entry.next = std::exchange(free_, slot);
  --size_;
}

void EntryStore::LinkNewest(Entry& entry) {
  entry.older = std::exchange(newest_, entry.slot);
  entry.newer = kNone;
  (entry.older == kNone ? oldest_ : Slot(entry.older).newer) = entry.slot;
}

void EntryStore::Unlink(Entry& entry) {
  (entry.older == kNone ? oldest_ : Slot(entry.older).newer) = entry.newer;
  (entry.newer == kNone ? newest_ : Slot(entry.newer).older) = entry.older;
  entry.older = entry.newer = kNone;
}

Entry* EntryStore::oldest() { return oldest_ == kNone ? nullptr : &Slot(oldest_); }

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
