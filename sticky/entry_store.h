// SPDX-License-Identifier: Apache-2.0
// The entries of one stripe of the stick table: slots in chunks, a chained hash index over them and
// a list of the idle ones from oldest to newest. Knows nothing of time, limits or shards.
//
// One owner, no locking (the stripe's mutex is the caller's). A slot never moves while its entry
// lives, so pointers stay valid until Remove and a walk over slots sees every entry that stays.
// `seed` mixes the index, so that nobody can choose room names that share a bucket.
// 72 bytes a slot, 4–8 in the index, plus the display name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router {

struct Entry {
  RoomKey key;
  TimePoint created, expires;
  std::unique_ptr<char[]> name;
  ShardId shard = kNoShard;  // kNoShard: nothing bound, only sessions held
  uint32_t epoch = 0;
  uint32_t sessions = 0;
  uint32_t slot = 0, next = 0, older = 0, newer = 0;  // links, see entry_store.cc
  uint16_t name_size = 0;
  KeyNamespace key_namespace = KeyNamespace::kRoom;
  bool used = false;
  bool was_bound = false;

  std::string_view display() const { return {name.get(), name_size}; }
  void SetDisplay(std::string_view text);
};

class EntryStore {
 public:
  explicit EntryStore(uint64_t seed);

  Entry* Find(KeyNamespace ns, RoomKey key);
  const Entry* Find(KeyNamespace ns, RoomKey key) const;

  // The key must not be there. The entry is in no idle list yet.
  Entry& Insert(KeyNamespace ns, RoomKey key);
  void Remove(Entry& entry);  // from the idle list first, if it is in there

  void LinkNewest(Entry& entry);
  void Unlink(Entry& entry);
  Entry* oldest();

  size_t size() const { return size_; }
  uint32_t slots() const { return slots_; }  // ever used
  const Entry* At(uint32_t slot) const;      // nullptr when free
  Entry* At(uint32_t slot);

 private:
  static constexpr uint32_t kChunk = 64, kNone = ~uint32_t{0};

  Entry& Slot(uint32_t slot) const { return chunks_[slot / kChunk][slot % kChunk]; }
  size_t BucketOf(KeyNamespace ns, RoomKey key) const;
  void GrowIndex();

  const uint64_t multiplier_;
  std::vector<std::unique_ptr<Entry[]>> chunks_;
  std::vector<uint32_t> buckets_;  // first slot of each chain; power of two
  size_t size_ = 0;
  uint32_t slots_ = 0, free_ = kNone, oldest_ = kNone, newest_ = kNone;
};

}  // namespace room_router
