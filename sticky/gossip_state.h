// SPDX-License-Identifier: Apache-2.0
// All that replicas share, as one thing: rooms, admin cells and the roster.
//
// Applies updates of others, says what in them was news here and where we know better, and shows
// its content by buckets for anti-entropy: 1,024 of rooms, one of admin cells, one of members.
// Rooms whose lease is about to end are no longer told: passing them round would keep them alive.
// Votes of replicas that are not in the roster are refused. One owner; the table may be used by
// others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "config/clock.h"
#include "sticky/admin_cells.h"
#include "sticky/gossip.h"
#include "sticky/gossip_context.h"
#include "sticky/gossip_frame.h"
#include "sticky/hybrid_clock.h"
#include "sticky/roster.h"
#include "sticky/stick_table.h"

namespace room_router::gossip {

class SharedState {
 public:
  static constexpr size_t kAdminBucket = StickTable::kBuckets, kRosterBucket = kAdminBucket + 1,
                          kBuckets = kRosterBucket + 1;
  static constexpr Duration kLeastLease = std::chrono::seconds(1);

  SharedState(const Context& context, const Gossip::Shared& shared, Roster& roster)
      : context_(context),
        table_(shared.table),
        admin_(shared.admin),
        clock_(shared.clock),
        also_told_(shared.also_told),
        roster_(roster) {}

  struct Applied {
    Update news;         // changed something here
    Update corrections;  // what the sender should hear
    size_t refused = 0;  // records the table has no place for
  };
  Applied Apply(const Update& update, TimePoint now);

  // What changed here since it was last taken, at most about `limit` records; `more` = call again.
  struct Changes {
    Update update;
    bool more = false;
  };
  Changes TakeChanges(TimePoint now, size_t limit);
  void Forgotten();  // drops the votes of replicas that left the roster
  void Leave(TimePoint now);

  std::vector<uint64_t> Digests() const;
  std::vector<uint64_t> DigestsIn(size_t bucket, TimePoint now) const;
  // What of a bucket `wanted` says yes to, by digest.
  Update Select(size_t bucket, const std::function<bool(uint64_t)>& wanted, TimePoint now) const;

  std::vector<Gossip::Adopted> TakeConflicts() { return std::exchange(conflicts_, {}); }

 private:
  void ApplyRecord(const CellRecord& record, TimePoint now, Applied& applied);
  void CountPropagation(const Cell& cell, TimePoint now);
  void ApplyAdmin(const AdminCell& cell, TimePoint now, Applied& applied);
  void ApplyMember(const Claim& claim, TimePoint now, Applied& applied);
  void Note(const CellRecord& record, const StickTable::MergeResult& result);
  bool KnownVoter(std::string_view cell_name) const;

  const Context& context_;
  StickTable& table_;
  AdminCells& admin_;
  HybridClock& clock_;
  const std::function<void(std::span<const CellRecord>, TimePoint)> also_told_;
  Roster& roster_;
  std::vector<Gossip::Adopted> conflicts_;
};

}  // namespace room_router::gossip
