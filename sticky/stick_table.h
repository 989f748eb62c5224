// SPDX-License-Identifier: Apache-2.0
// Which shard each room lives on: one process-wide table, striped by key.
//
// Every operation locks one stripe for a few loads and stores; lookups allocate nothing. An entry
// expires `expire` after its last activity unless sessions (tunnels, long-polls) hold it: a held
// entry never expires and is never evicted. A full table evicts the entry idle for longest, which
// is an expired one if there is any; only when all are held does it grow past its size (sessions
// have a limit of their own). Thread-safe. Time is an argument. ≤ 160 bytes per entry, all in.
//
// Replication (cell.h): every binding made here is stamped by `clock` and, like every renewal worth
// announcing, waits in TakeChanges for whoever tells the other replicas; what they tell goes into
// Merge. A renewal is worth announcing when less than 3/4 of the announced lease is left; Sweep
// announces those of held entries. What is forgotten deliberately (Erase, Clear) leaves a tombstone
// for 2 × expire. A full table refuses a record that would be the next one evicted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/cell.h"
#include "sticky/hybrid_clock.h"
#include "sticky/room_key.h"
#include "sticky/shard_chooser.h"
#include "sticky/table_stripe.h"

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

class StickTable {
 public:
  struct Options {
    size_t size = 200'000;  // entries, all stripes together
    Duration expire = std::chrono::minutes(5);
    size_t display_bytes = 64;
    unsigned stripes = 64;               // power of two
    uint64_t seed = 0x9E3779B97F4A7C15;  // of the index; random where clients choose the names
    HybridClock* clock = nullptr;        // borrowed; null = no replicas: no stamps, no tombstones
    // A change waits that none waited before; called by the thread that made it, under no lock.
    std::function<void()> on_change;
  };
  static constexpr size_t kBuckets = 1024;  // of anti-entropy; a key's bucket is part of its hash
  using Digests = std::array<uint64_t, kBuckets>;

  enum class MergeOutcome : uint8_t {
    kUnchanged,  // nothing new in it
    kRenewed,    // the same binding, a later renewal
    kAdopted,    // its binding wins and was taken
    kStale,      // the binding here wins; the sender should hear it
    kRefused,    // the table is full of entries that last longer, or the stamp is not credible
  };
  struct MergeResult {
    MergeOutcome outcome = MergeOutcome::kUnchanged;
    bool split = false;       // bindings of one epoch named different shards
    ShardId lost = kNoShard;  // kAdopted: where the room lived here until now, when elsewhere
    uint32_t sessions = 0;    // live here and now on the wrong shard: to be ended
  };
  struct Hit {
    ShardId shard = kNoShard;
    uint32_t epoch = 0;
    bool inserted = false;  // this call made or moved the binding
  };
  struct Stats {  // since start, all stripes
    uint64_t entries = 0, inserts = 0, moves = 0, evictions_expired = 0, evictions_live = 0;
    uint64_t over_size = 0;  // inserts into a table full of held entries
  };
  explicit StickTable(const Options& options);
  StickTable(const StickTable&) = delete;
  StickTable& operator=(const StickTable&) = delete;

  // Match only; does not refresh.
  std::optional<Hit> Find(KeyNamespace ns, RoomKey key, TimePoint now) const;

  // Match and store, atomically: concurrent callers of one key all get one shard. Refreshes the
  // lease. A choice that differs from an existing binding is a move (epoch + 1).
  Hit FindOrBind(KeyNamespace ns, RoomKey key, std::string_view display, TimePoint now,
                 ShardChooser choose);

  // A tunnel or long-poll of this room begins or ends here; must pair up. Sessions are counted even
  // while nothing is bound, so pairs match across Erase and Clear.
  void AcquireSession(KeyNamespace ns, RoomKey key, TimePoint now);
  void ReleaseSession(KeyNamespace ns, RoomKey key, TimePoint now);

  // Deliberate changes (admin socket): epoch + 1. Set creates the entry when absent. Erase says
  // whether something was bound.
  void Set(KeyNamespace ns, RoomKey key, std::string_view display, ShardId shard, TimePoint now);
  bool Erase(KeyNamespace ns, RoomKey key);
  void Clear();

  MergeResult Merge(const CellRecord& record, TimePoint now);
  // Cells that changed here, other than by Merge, since they were last taken; each once, as it is
  // now. At most `limit`; call again when that many come.
  std::vector<CellRecord> TakeChanges(TimePoint now, size_t limit);
  std::optional<CellRecord> Record(KeyNamespace ns, RoomKey key, TimePoint now) const;
  Digests BucketDigests() const;
  static size_t BucketOf(RoomKey key);
  // Every live cell of a bucket, tombstones included.
  std::vector<CellRecord> RecordsIn(size_t bucket, TimePoint now) const;
  // This replica leaves: announces what it holds, so that no lease ends within `at_least`.
  void AnnounceHeld(Duration at_least, TimePoint now);
  // The sessions on the losing shard have been ended.
  void MarkHealed(KeyNamespace ns, RoomKey key);

  // Calls `visit` for every entry that has not expired, under no lock, in batches: an entry that
  // stays is visited once, one that comes or goes meanwhile may be.
  void ForEach(TimePoint now, const std::function<void(const EntryView&)>& visit) const;

  // Rooms (namespace kRoom) bound to a shard and not yet swept; O(1), relaxed.
  uint32_t RoomsOn(ShardId shard) const;
  uint32_t Rooms() const;

  // Frees expired entries, a bounded number per call; the control thread calls it on a timer.
  void Sweep(TimePoint now);

  // At once, for the next inserts and, when smaller, by evicting; held entries stay.
  void Resize(size_t size, TimePoint now = {});
  size_t size() const;
  Stats stats() const;

 private:
  TableStripe& StripeOf(RoomKey key) const;
  bool EvictOldest(TimePoint now, const RoomKey* spared);
  void MakeRoom(TimePoint now, const RoomKey& spared);

  const size_t display_bytes_;
  TableTotals totals_;
  std::vector<std::unique_ptr<TableStripe>> stripes_;
  std::atomic<size_t> size_;
  std::atomic<uint64_t> over_size_{0};
};

}  // namespace room_router
