// SPDX-License-Identifier: Apache-2.0
// The entries of one stripe of the stick table: slots in chunks, a chained hash index over them and
// a queue of those marked as changed. Knows nothing of time, limits or shards.
//
// One owner, no locking (the stripe's mutex is the caller's). A slot never moves while its entry
// lives, so pointers stay valid until Remove and a walk over slots sees every entry that stays.
// `seed` mixes the index, so that nobody can choose room names that share a bucket.
// 112 bytes a slot, 4–8 in the index, plus the display name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/cell.h"
#include "sticky/room_key.h"

namespace room_router {

struct Entry {
  static constexpr uint16_t kNoSlice = 0xFFFF;

  // A lookup that finds its room touches the first 64 bytes only.
  RoomKey key;
  TimePoint expires;
  TimePoint announced;       // until when the other replicas keep it
  ShardId shard = kNoShard;  // kNoShard: nothing bound, only sessions held, or a tombstone
  uint32_t epoch = 0;
  uint32_t sessions = 0;
  uint32_t slot = 0, next = 0;    // links of the index, see entry_store.cc
  uint32_t older = 0, newer = 0;  // links of a calendar, see entry_calendar.cc
  KeyNamespace key_namespace = KeyNamespace::kRoom;
  bool used : 1 = false;
  bool was_bound : 1 = false;
  bool tombstone : 1 = false;
  bool split : 1 = false;
  bool changed : 1 = false;
  bool queued : 1 = false;    // the slot, whoever lives there, waits among the changed
  uint16_t slice = kNoSlice;  // of its calendar

  Stamp stamp;
  HybridTime renewed = 0;
  TimePoint created;
  std::unique_ptr<char[]> name;
  uint32_t next_queued = 0;
  uint16_t name_size = 0;

  std::string_view display() const { return {name.get(), name_size}; }
  void SetDisplay(std::string_view text);
  bool bound() const { return shard != kNoShard; }
  bool replicated() const { return bound() || tombstone; }
  Cell cell() const;
};
static_assert(sizeof(Entry) == 112);

class EntryStore {
 public:
  explicit EntryStore(uint64_t seed);

  Entry* Find(KeyNamespace ns, RoomKey key);
  const Entry* Find(KeyNamespace ns, RoomKey key) const;

  // The key must not be there. The entry is in no calendar yet.
  Entry& Insert(KeyNamespace ns, RoomKey key);
  void Remove(Entry& entry);  // from its calendar first

  // Each entry is queued once, however often it changes. A removed one is no longer taken.
  void MarkChanged(Entry& entry);
  Entry* TakeChanged();  // the first one; nullptr when there is none

  size_t size() const { return size_; }
  uint32_t slots() const { return slots_; }  // ever used
  const Entry* At(uint32_t slot) const;      // nullptr when free
  Entry* At(uint32_t slot);
  Entry& Slot(uint32_t slot) const { return chunks_[slot / kChunk][slot % kChunk]; }

 private:
  static constexpr uint32_t kChunk = 64, kNone = ~uint32_t{0};

  size_t BucketOf(KeyNamespace ns, RoomKey key) const;
  void GrowIndex();

  const uint64_t multiplier_;
  std::vector<std::unique_ptr<Entry[]>> chunks_;
  std::vector<uint32_t> buckets_;  // first slot of each chain; power of two
  size_t size_ = 0;
  uint32_t slots_ = 0, free_ = kNone, first_queued_ = kNone, last_queued_ = kNone;
};

}  // namespace room_router
