// SPDX-License-Identifier: Apache-2.0
// Which shard each room lives on: one process-wide table, striped by key.
//
// Every operation locks one stripe for a few loads and stores; lookups allocate nothing. An entry
// expires `expire` after its last activity unless sessions (tunnels, long-polls) hold it: a held
// entry never expires and is never evicted. A full table gives up tombstones and what has expired,
// then the entry idle for longest; only when all are held does it grow past its size (sessions have
// a limit of their own). Thread-safe. Time is an argument. ≤ 160 bytes per entry, all in.
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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/cell.h"
#include "sticky/room_key.h"
#include "sticky/shard_chooser.h"
#include "sticky/stick_table_options.h"
#include "sticky/stripe_set.h"
#include "sticky/table_answers.h"

namespace room_router {

class StickTable {
 public:
  using Options = StickTableOptions;
  using Hit = TableHit;
  using MergeOutcome = room_router::MergeOutcome;
  using MergeResult = room_router::MergeResult;
  using Stats = TableStats;
  static constexpr size_t kBuckets = kCellBuckets;
  using Digests = std::array<uint64_t, kBuckets>;

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
  // while nothing is bound, so pairs match across Erase and Clear. Says where the room lives now:
  // gossip may have moved it since its shard was asked for; kNoShard = nowhere.
  ShardId AcquireSession(KeyNamespace ns, RoomKey key, TimePoint now);
  void ReleaseSession(KeyNamespace ns, RoomKey key, TimePoint now);

  // Deliberate changes (admin socket): epoch + 1. Set creates the entry when absent. Erase says
  // whether something was bound; tombstones count from the latest time the table was told.
  void Set(KeyNamespace ns, RoomKey key, std::string_view display, ShardId shard, TimePoint now);
  bool Erase(KeyNamespace ns, RoomKey key);
  void Clear();

  MergeResult Merge(const CellRecord& record, TimePoint now);
  // Cells that changed here, other than by Merge, since they were last taken; each once, as it is
  // now. At most `limit`; call again when that many come, on_change stays silent about the rest.
  std::vector<CellRecord> TakeChanges(TimePoint now, size_t limit);
  std::optional<CellRecord> Record(KeyNamespace ns, RoomKey key, TimePoint now) const;
  Digests BucketDigests() const;
  static size_t BucketOf(RoomKey key);
  // Every live cell of a bucket, tombstones included; the digests have what expired until swept.
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
  class Access;

  void TellOfChanges();
  bool Credible(const CellRecord& record, TimePoint now) const;
  bool HasRoomFor(const CellRecord& record, TimePoint now) const;
  void MakeRoom(TimePoint now, const RoomKey& spared);

  StripeSet stripes_;
  std::atomic<size_t> size_, next_taken_{0};
  std::atomic<uint64_t> over_size_{0};
  std::atomic<bool> told_{false};  // of changes, and none taken since
};

}  // namespace room_router
