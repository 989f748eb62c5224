// SPDX-License-Identifier: Apache-2.0
// What replicas compare to agree where a room lives: a cell of a join-semilattice.
//
// Two parts, joined each for itself, so Join is commutative, associative and idempotent:
//   binding   the higher epoch wins (a deliberate change); within one epoch the smaller stamp (who
//             was there first keeps the room, fewest people move); equal stamps are one write.
//   renewal   the latest announced activity wins. The lease itself is not compared: whoever learns
//             a renewal it did not know keeps the entry for what is left of the lease, counted from
//             that moment on its own clock, so skewed clocks neither shorten nor stretch it.
// Pure values.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/hybrid_clock.h"
#include "sticky/room_key.h"

namespace room_router {

struct Binding {
  uint32_t epoch = 0;
  Stamp stamp;
  bool tombstone = false;  // deliberately forgotten; then there is no shard

  // Greater = wins.
  friend std::strong_ordering operator<=>(const Binding& a, const Binding& b);
  friend bool operator==(const Binding&, const Binding&) = default;
};

struct Cell {
  Binding binding;
  HybridTime renewed = 0;

  friend bool operator==(const Cell&, const Cell&) = default;
};

Cell Join(const Cell& a, const Cell& b);

// A cell with everything another replica needs to keep it.
struct CellRecord {
  KeyNamespace key_namespace = KeyNamespace::kRoom;
  RoomKey key;
  Cell cell;
  ShardId shard = kNoShard;  // kNoShard exactly for tombstones
  Duration lease{0};         // left at the moment the record was taken
  std::string display;       // canonical name, cut at display_bytes
};

// Replicas compare their cells by buckets first; all of them must put a key into the same one.
constexpr size_t kCellBuckets = 1024;
size_t BucketOf(RoomKey key);

// 64 bits that differ when cells differ; the digest of a bucket is the XOR of its cells'.
uint64_t DigestOf(KeyNamespace ns, RoomKey key, const Cell& cell);

}  // namespace room_router
