// SPDX-License-Identifier: Apache-2.0
// What a table does with the records of other replicas, and with what it forgets.
#include <gtest/gtest.h>

#include "replica.h"

namespace room_router::test {
namespace {

using namespace std::chrono_literals;

using Outcome = MergeOutcome;

constexpr HybridTime Ms(int64_t after_start) {
  return (kWallMs + static_cast<uint64_t>(after_start)) << 16;
}

// As another replica bound it `made` ms after the start.
CellRecord Remote(uint64_t n, ShardId shard, int64_t made, Duration lease = 60s) {
  return {.key = Key(n),
          .cell = {.binding = {.stamp = {.time = Ms(made), .replica = 9}}, .renewed = Ms(made)},
          .shard = shard,
          .lease = lease,
          .display = "remote"};
}

CellRecord WithEpoch(CellRecord record, uint32_t epoch) {
  record.cell.binding.epoch = epoch;
  return record;
}

CellRecord RenewedAt(CellRecord record, int64_t renewed, Duration lease) {
  record.cell.renewed = Ms(renewed);
  record.lease = lease;
  return record;
}

CellRecord Tombstone(CellRecord record) {
  record.cell.binding.tombstone = true;
  record.shard = kNoShard;
  return record;
}

class TableMergeTest : public testing::Test {
 protected:
  MergeResult Merge(const CellRecord& record, TimePoint now = kStart) {
    return table_.Merge(record, now);
  }
  EntryView View(uint64_t n, TimePoint now) const {
    EntryView found;
    table_.ForEach(now, [&](const EntryView& entry) {
      if (entry.key == Key(n)) found = entry;
    });
    return found;
  }
  void Hold(uint64_t n, TimePoint now) { table_.AcquireSession(kRoom, Key(n), now); }

  Replica replica_{1, {.size = 100, .expire = 60s, .display_bytes = 8}};
  StickTable& table_ = replica_.table;
};

TEST_F(TableMergeTest, AnUnknownRoomIsAdopted) {
  const auto result = Merge(Remote(1, 7, -500, 40s), kStart + 1s);
  EXPECT_EQ(result.outcome, Outcome::kAdopted);
  EXPECT_TRUE(result.inserted);
  EXPECT_EQ(result.lost, kNoShard);
  const EntryView entry = View(1, kStart + 1s);
  EXPECT_EQ(entry.shard, 7U);
  EXPECT_EQ(entry.display, "remote");
  EXPECT_EQ(entry.expires, kStart + 41s);
  EXPECT_EQ(table_.RoomsOn(7), 1U);
  EXPECT_EQ(table_.stats().inserts, 1U);
  EXPECT_TRUE(replica_.Changes(kStart + 1s).empty()) << "nobody is told what others told";
  EXPECT_EQ(replica_.Bind(1, 8, kStart + 2s).shard, 7U);
  EXPECT_EQ(replica_.Find(1, kStart + 62s), kNoShard);
}

TEST_F(TableMergeTest, LeasesEndWithTheOwnExpiry) {
  Merge(Remote(1, 7, 0, 10min));
  EXPECT_EQ(View(1, kStart).expires, kStart + 60s);
  Merge(Tombstone(Remote(2, 7, 0, 10min)));
  EXPECT_EQ(replica_.Record(2, kStart).lease, 120s);
}

TEST_F(TableMergeTest, AnEndedLeaseIsNoNews) {
  EXPECT_EQ(Merge(Remote(1, 7, 0, 0s)).outcome, Outcome::kUnchanged);
  EXPECT_EQ(Merge(Remote(1, 7, 0, -1s)).outcome, Outcome::kUnchanged);
  EXPECT_EQ(table_.stats().entries, 0U);
}

TEST_F(TableMergeTest, OnlyALaterRenewalExtendsTheLease) {
  const CellRecord record = Remote(1, 7, 0, 20s);
  Merge(record);
  EXPECT_EQ(Merge(record, kStart + 10s).outcome, Outcome::kUnchanged);
  EXPECT_EQ(Merge(RenewedAt(record, -5, 60s), kStart + 10s).outcome, Outcome::kUnchanged);
  EXPECT_EQ(View(1, kStart + 10s).expires, kStart + 20s) << "telling again stretches nothing";
  EXPECT_EQ(Merge(RenewedAt(record, 9000, 55s), kStart + 10s).outcome, Outcome::kRenewed);
  EXPECT_EQ(View(1, kStart + 10s).expires, kStart + 65s);
  EXPECT_EQ(Merge(RenewedAt(record, 9500, 5s), kStart + 10s).outcome, Outcome::kRenewed);
  EXPECT_EQ(View(1, kStart + 10s).expires, kStart + 65s) << "nor is it shortened";
}

TEST_F(TableMergeTest, ADeliberateChangeWins) {
  replica_.Bind(1, 7, kStart);
  const auto result = Merge(WithEpoch(Remote(1, 8, 3000), 1), kStart + 3s);
  EXPECT_EQ(result.outcome, Outcome::kAdopted);
  EXPECT_FALSE(result.inserted);
  EXPECT_FALSE(result.split) << "epochs differ";
  EXPECT_EQ(result.lost, 7U);
  EXPECT_EQ(replica_.Find(1, kStart + 3s), 8U);
  EXPECT_EQ(table_.RoomsOn(7), 0U);
  EXPECT_EQ(table_.RoomsOn(8), 1U);
  EXPECT_EQ(table_.stats().moves, 1U);
  EXPECT_EQ(table_.stats().moves_merged, 1U);
  EXPECT_EQ(View(1, kStart + 3s).display, "room") << "it had a name";
}

TEST_F(TableMergeTest, WhoeverWasThereFirstKeepsTheRoom) {
  replica_.Bind(1, 7, kStart + 1s);
  const auto earlier = Merge(Remote(1, 8, 500), kStart + 1s);
  EXPECT_EQ(earlier.outcome, Outcome::kAdopted);
  EXPECT_TRUE(earlier.split);
  EXPECT_EQ(earlier.lost, 7U);
  const auto later = Merge(Remote(1, 9, 700), kStart + 1s);
  EXPECT_EQ(later.outcome, Outcome::kStale);
  EXPECT_TRUE(later.split);
  EXPECT_EQ(later.lost, kNoShard);
  EXPECT_EQ(replica_.Find(1, kStart + 1s), 8U);
}

TEST_F(TableMergeTest, AStaleRecordMayStillRenew) {
  replica_.Bind(1, 7, kStart);
  const CellRecord stale = RenewedAt(Remote(1, 8, 100), 30'000, 50s);
  EXPECT_EQ(Merge(stale, kStart + 30s).outcome, Outcome::kStale);
  EXPECT_EQ(replica_.Find(1, kStart + 30s), 7U);
  EXPECT_EQ(View(1, kStart + 30s).expires, kStart + 80s);
  EXPECT_EQ(replica_.Record(1, kStart + 30s).cell.renewed, Ms(30'000));
}

TEST_F(TableMergeTest, AnAdoptedBindingKeepsALaterRenewal) {
  replica_.Bind(1, 7, kStart + 1s);
  const HybridTime renewed = replica_.Record(1, kStart + 1s).cell.renewed;
  Merge(Remote(1, 8, 500, 5s), kStart + 1s);
  EXPECT_EQ(replica_.Record(1, kStart + 1s).cell.renewed, renewed);
  EXPECT_EQ(View(1, kStart + 1s).expires, kStart + 61s);
}

TEST_F(TableMergeTest, ASplitIsShownUntilItIsHealed) {
  replica_.Bind(1, 7, kStart + 1s);
  Hold(1, kStart + 1s);
  Hold(1, kStart + 1s);
  const auto result = Merge(Remote(1, 8, 500), kStart + 1s);
  EXPECT_TRUE(result.split);
  EXPECT_EQ(result.sessions, 2U);
  EXPECT_TRUE(View(1, kStart + 1s).split);
  table_.MarkHealed(kRoom, Key(1));
  table_.MarkHealed(kRoom, Key(999));
  EXPECT_FALSE(View(1, kStart + 1s).split);
}

TEST_F(TableMergeTest, TheLastSessionsEndHealsToo) {
  replica_.Bind(1, 7, kStart + 1s);
  Hold(1, kStart + 1s);
  Merge(Remote(1, 8, 500), kStart + 1s);
  EXPECT_TRUE(View(1, kStart + 1s).split);
  table_.ReleaseSession(kRoom, Key(1), kStart + 2s);
  EXPECT_FALSE(View(1, kStart + 2s).split);
  EXPECT_EQ(View(1, kStart + 2s).shard, 8U);
}

TEST_F(TableMergeTest, NobodyHereIsOnTheWrongShard) {
  replica_.Bind(1, 7, kStart + 1s);
  EXPECT_EQ(Merge(Remote(1, 8, 500), kStart + 1s).sessions, 0U);
  EXPECT_FALSE(View(1, kStart + 1s).split) << "nothing to heal here";
  replica_.Bind(2, 7, kStart + 1s);
  Hold(2, kStart + 1s);
  const auto same = Merge(Remote(2, 7, 500), kStart + 1s);
  EXPECT_EQ(same.outcome, Outcome::kAdopted);
  EXPECT_FALSE(same.split);
  EXPECT_EQ(same.sessions, 0U);
  EXPECT_EQ(Merge(Remote(2, 8, 900), kStart + 1s).sessions, 0U) << "the other one is wrong";
  EXPECT_FALSE(View(2, kStart + 1s).split);
}

// Who has been waiting for the old shard while the room moved learns it when the session begins.
TEST_F(TableMergeTest, ASessionLearnsWhereTheRoomLivesNow) {
  replica_.Bind(1, 7, kStart + 1s);
  Merge(Remote(1, 8, 500), kStart + 1s);
  EXPECT_EQ(table_.AcquireSession(kRoom, Key(1), kStart + 1s), 8U);
  EXPECT_EQ(table_.AcquireSession(kRoom, Key(2), kStart + 1s), kNoShard);
  Merge(WithEpoch(Tombstone(Remote(1, 7, 1000)), 1), kStart + 1s);
  EXPECT_EQ(table_.AcquireSession(kRoom, Key(1), kStart + 1s), kNoShard);
}

TEST_F(TableMergeTest, IncredibleRecordsAreRefused) {
  const CellRecord good = Remote(1, 7, 0);
  CellRecord no_shard = good, two_minds = Tombstone(good);
  no_shard.shard = kNoShard;
  two_minds.shard = 7;
  for (const CellRecord& bad : {Remote(1, 7, 3'600'001), RenewedAt(good, 3'600'001, 60s), no_shard,
                                two_minds, WithEpoch(good, ~uint32_t{0})}) {
    EXPECT_EQ(Merge(bad).outcome, Outcome::kRefused);
  }
  EXPECT_EQ(table_.stats().entries, 0U);
  EXPECT_EQ(Merge(Remote(1, 7, 300'000)).outcome, Outcome::kAdopted) << "five minutes fast";
  EXPECT_GT(replica_.clock.Next(kStart).time, Ms(300'000));
}

TEST_F(TableMergeTest, WhatIsForgottenLeavesATombstone) {
  replica_.Bind(1, 7, kStart);
  table_.Sweep(kStart + 10s);
  EXPECT_TRUE(table_.Erase(kRoom, Key(1)));
  EXPECT_FALSE(table_.Erase(kRoom, Key(1)));
  EXPECT_EQ(replica_.Find(1, kStart + 10s), kNoShard);
  EXPECT_EQ(View(1, kStart + 10s).key, RoomKey{});
  EXPECT_EQ(table_.Rooms(), 0U);
  EXPECT_EQ(table_.stats().entries, 0U);
  EXPECT_EQ(table_.stats().tombstones, 1U);
  const CellRecord record = replica_.Record(1, kStart + 10s);
  EXPECT_TRUE(record.cell.binding.tombstone);
  EXPECT_EQ(record.cell.binding.epoch, 1U);
  EXPECT_EQ(record.shard, kNoShard);
  EXPECT_EQ(record.lease, 120s);
  EXPECT_EQ(record.display, "");
  EXPECT_EQ(Merge(Remote(1, 7, -500), kStart + 20s).outcome, Outcome::kStale);
  const auto again = replica_.Bind(1, 8, kStart + 20s);
  EXPECT_TRUE(again.inserted);
  EXPECT_EQ(again.epoch, 2U);
  EXPECT_EQ(View(1, kStart + 20s).expires, kStart + 80s);
  EXPECT_EQ(View(1, kStart + 20s).display, "room");
  EXPECT_EQ(table_.stats().tombstones, 0U);
}

TEST_F(TableMergeTest, TombstonesEnd) {
  replica_.Bind(1, 7, kStart);
  replica_.Bind(2, 7, kStart);
  table_.Clear();
  EXPECT_EQ(table_.stats().tombstones, 2U);
  table_.Sweep(kStart + 119s);
  EXPECT_EQ(table_.stats().tombstones, 2U);
  table_.Sweep(kStart + 120s);
  EXPECT_EQ(table_.stats().tombstones, 0U);
  EXPECT_EQ(table_.stats().evictions_expired, 0U);
  EXPECT_EQ(table_.BucketDigests(), StickTable::Digests{});
}

TEST_F(TableMergeTest, SessionsOutliveTheTombstone) {
  replica_.Bind(1, 7, kStart);
  Hold(1, kStart);
  const auto result = Merge(Tombstone(WithEpoch(Remote(1, 7, 900), 1)), kStart + 1s);
  EXPECT_EQ(result.outcome, Outcome::kAdopted);
  EXPECT_EQ(result.sessions, 1U) << "they are on the wrong shard, whichever is right";
  EXPECT_EQ(replica_.Find(1, kStart + 1s), kNoShard);
  table_.Sweep(kStart + 5min);
  EXPECT_EQ(table_.BucketDigests(), StickTable::Digests{});
  EXPECT_EQ(table_.stats().tombstones, 0U);
  EXPECT_EQ(table_.stats().entries, 1U) << "held";
  const auto rebound = Merge(WithEpoch(Remote(1, 8, 300'000), 2), kStart + 5min);
  EXPECT_EQ(rebound.outcome, Outcome::kAdopted);
  EXPECT_EQ(rebound.sessions, 1U);
  table_.ReleaseSession(kRoom, Key(1), kStart + 6min);
  EXPECT_EQ(replica_.Find(1, kStart + 6min), 8U);
}

TEST_F(TableMergeTest, ReleasingATombstoneKeepsIt) {
  replica_.Bind(1, 7, kStart);
  Hold(1, kStart);
  table_.Erase(kRoom, Key(1));
  Hold(1, kStart);
  table_.ReleaseSession(kRoom, Key(1), kStart);
  table_.ReleaseSession(kRoom, Key(1), kStart);
  EXPECT_EQ(table_.stats().tombstones, 1U);
  EXPECT_EQ(table_.BucketDigests(), DigestsOfRecords(table_, kStart));
  table_.Sweep(kStart + 120s);
  EXPECT_EQ(table_.stats().tombstones, 0U);
}

TEST_F(TableMergeTest, AnExpiredRoomBoundAnewWinsOverOldCopies) {
  replica_.Bind(1, 7, kStart);
  const CellRecord copy = replica_.Record(1, kStart);
  const auto again = replica_.Bind(1, 8, kStart + 60s);
  EXPECT_TRUE(again.inserted);
  EXPECT_EQ(again.epoch, 1U);
  EXPECT_EQ(Merge(copy, kStart + 60s).outcome, Outcome::kStale);
  table_.Set(kRoom, Key(1), "room", 9, kStart + 180s);
  EXPECT_EQ(table_.Find(kRoom, Key(1), kStart + 180s)->epoch, 2U);
}

TEST_F(TableMergeTest, AnExpiredRoomIsUnknown) {
  replica_.Bind(1, 7, kStart + 10s);
  const CellRecord older = Remote(1, 8, 100);
  const auto result = Merge(older, kStart + 70s);
  EXPECT_EQ(result.outcome, Outcome::kAdopted);
  EXPECT_EQ(result.lost, kNoShard);
  EXPECT_EQ(replica_.Record(1, kStart + 70s).cell, older.cell);
}

TEST_F(TableMergeTest, AnotherKindBringsItsOwnLease) {
  replica_.Bind(1, 7, kStart + 1s);
  const CellRecord tombstone = Tombstone(WithEpoch(Remote(1, 7, 500, 100s), 1));
  EXPECT_EQ(Merge(tombstone, kStart + 1s).outcome, Outcome::kAdopted);
  EXPECT_EQ(replica_.Record(1, kStart + 1s).lease, 100s) << "though renewed before";
  EXPECT_EQ(Merge(WithEpoch(Remote(1, 8, 600, 30s), 2), kStart + 1s).outcome, Outcome::kAdopted);
  EXPECT_EQ(replica_.Record(1, kStart + 1s).lease, 30s) << "not what the tombstone had left";
}

TEST_F(TableMergeTest, WithoutAClockNothingIsStampedOrBuried) {
  StickTable alone({.size = 100, .expire = 60s});
  alone.Set(kRoom, Key(1), "room", 7, kStart);
  EXPECT_EQ(alone.Record(kRoom, Key(1), kStart)->cell, Cell{});
  EXPECT_TRUE(alone.Erase(kRoom, Key(1)));
  EXPECT_FALSE(alone.Record(kRoom, Key(1), kStart));
  EXPECT_EQ(alone.stats().tombstones, 0U);
  EXPECT_EQ(alone.Merge(Remote(1, 8, 99'999'999), kStart).outcome, Outcome::kAdopted);
}

// Full tables.

TEST_F(TableMergeTest, AFullTableRefusesWhatWouldGoFirst) {
  for (uint64_t n = 0; n < 100; ++n) replica_.Bind(n, 7, kStart + std::chrono::milliseconds(n));
  EXPECT_EQ(Merge(Remote(200, 8, 100, 59s), kStart + 1s).outcome, Outcome::kRefused);
  EXPECT_EQ(Merge(Remote(201, 8, 100, 60s), kStart).outcome, Outcome::kRefused) << "a tie";
  EXPECT_EQ(Merge(Tombstone(Remote(202, 8, 100, 120s)), kStart + 1s).outcome, Outcome::kRefused);
  EXPECT_EQ(table_.stats().evictions_live, 0U);
  EXPECT_EQ(Merge(Remote(203, 8, 100, 60s), kStart + 1s).outcome, Outcome::kAdopted);
  EXPECT_EQ(table_.stats().entries, 100U);
  EXPECT_EQ(table_.stats().evictions_live, 1U);
  EXPECT_EQ(replica_.Find(0, kStart + 1s), kNoShard) << "the longest idle";
  EXPECT_EQ(Merge(RenewedAt(Remote(1, 7, 0), 1000, 60s), kStart + 1s).outcome, Outcome::kAdopted)
      << "what is known takes no room";
  EXPECT_EQ(table_.stats().over_size, 0U);
}

TEST_F(TableMergeTest, ATableFullOfHeldRoomsRefuses) {
  for (uint64_t n = 0; n < 100; ++n) {
    replica_.Bind(n, 7, kStart);
    Hold(n, kStart);
  }
  EXPECT_EQ(Merge(Remote(200, 8, 100), kStart + 1s).outcome, Outcome::kRefused);
  EXPECT_EQ(table_.stats().entries, 100U);
}

TEST_F(TableMergeTest, TombstonesMakeRoom) {
  for (uint64_t n = 0; n < 100; ++n) replica_.Bind(n, 7, kStart);
  table_.Clear();
  for (uint64_t n = 200; n < 260; ++n) replica_.Bind(n, 8, kStart + 1s);
  EXPECT_EQ(table_.stats().entries, 60U);
  EXPECT_EQ(table_.stats().tombstones, 40U);
  EXPECT_EQ(table_.stats().evictions_tombstones, 60U);
  EXPECT_EQ(table_.stats().evictions_live, 0U);
  EXPECT_EQ(Merge(Remote(300, 9, 100, 1s), kStart + 1s).outcome, Outcome::kAdopted);
  EXPECT_EQ(Merge(Tombstone(Remote(301, 9, 100, 121s)), kStart + 1s).outcome, Outcome::kAdopted)
      << "a later tombstone for an earlier one";
  EXPECT_EQ(table_.stats().tombstones, 39U);
  EXPECT_EQ(table_.stats().entries, 61U);
}

}  // namespace
}  // namespace room_router::test
