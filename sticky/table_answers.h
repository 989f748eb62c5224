// SPDX-License-Identifier: Apache-2.0
// What the stick table answers: entries as they are, hits, what a merge did, counts.
//
// Plain values, copies of what was true under the lock; StickTable has them under shorter names.
#pragma once

#include <cstdint>
#include <string>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router {

struct EntryView {  // a copy, for inspection
  KeyNamespace key_namespace = KeyNamespace::kRoom;
  RoomKey key;
  std::string display;  // canonical name, cut at display_bytes
  ShardId shard = kNoShard;
  uint32_t epoch = 0;
  uint32_t sessions = 0;  // live tunnels and long-polls on this replica
  bool split = false;     // two replicas had placed it on different shards; not healed yet
  TimePoint created, expires;
};

struct TableHit {
  ShardId shard = kNoShard;
  uint32_t epoch = 0;
  bool inserted = false;  // this call made or moved the binding
  uint32_t sessions = 0;  // live then and now on another shard, or on none: to be ended
};

enum class MergeOutcome : uint8_t {
  kUnchanged,  // nothing new in it, or its lease has ended
  kRenewed,    // the same binding, a later renewal
  kAdopted,    // its binding wins and was taken
  kStale,      // the binding here wins; the sender should hear it
  kRefused,    // the table is full of entries that last longer, or the record is not credible
};

struct MergeResult {
  MergeOutcome outcome = MergeOutcome::kUnchanged;
  bool split = false;       // bindings of one epoch named different shards, whichever wins
  ShardId lost = kNoShard;  // kAdopted: where the room lived here until now, when elsewhere
  uint32_t sessions = 0;    // live here and now on the wrong shard, or on none: to be ended
  bool inserted = false;    // nothing was known of this key
};

struct TableStats {         // since start, all stripes
  uint64_t entries = 0;     // now; bound or held, without tombstones
  uint64_t tombstones = 0;  // now; they take room like entries
  uint64_t inserts = 0, moves = 0;
  uint64_t moves_set = 0, moves_merged = 0;  // of them: by Set, by Merge; the rest by FindOrBind
  uint64_t evictions_expired = 0, evictions_live = 0, evictions_tombstones = 0;
  uint64_t over_size = 0;  // inserts into a table full of held entries
};

}  // namespace room_router
