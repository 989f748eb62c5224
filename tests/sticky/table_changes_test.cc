// SPDX-License-Identifier: Apache-2.0
// What a table tells: changes, renewals worth announcing, digests and records.
#include <gtest/gtest.h>

#include <set>

#include "replica.h"

namespace room_router::test {
namespace {

using namespace std::chrono_literals;

class TableChangesTest : public testing::Test {
 protected:
  TableChangesTest() { replica_.Changes(kStart); }

  // The numbers of the rooms that changed.
  std::set<uint64_t> Changed(TimePoint now) {
    std::set<uint64_t> rooms;
    for (const CellRecord& record : replica_.Changes(now)) {
      for (uint64_t n = 0; n < 300; ++n) {
        if (record.key != Key(n)) continue;
        EXPECT_TRUE(rooms.insert(n).second) << "twice: " << n;
      }
    }
    return rooms;
  }
  using Rooms = std::set<uint64_t>;

  unsigned told_ = 0;
  Replica replica_{1, {.size = 1000, .expire = 100s, .on_change = [this] { ++told_; }}};
  StickTable& table_ = replica_.table;
};

TEST(DisplacedSessions, AreToldWhenTheirRoomGetsAnotherShard) {
  std::vector<RoomKey> displaced;
  Replica replica(1, {.on_displaced = [&](auto, RoomKey key) { displaced.push_back(key); }});
  StickTable& table = replica.table;
  const auto move = [&](uint64_t n, ShardId to) {
    return table.FindOrBind(kRoom, Key(n), "room", kStart, [to](ShardId) { return to; }).sessions;
  };
  EXPECT_EQ(move(1, 7), 0U);
  EXPECT_EQ(move(1, 8), 0U) << "nobody is there";
  table.AcquireSession(kRoom, Key(1), kStart);
  EXPECT_EQ(move(1, 8), 0U) << "it stays";
  EXPECT_TRUE(displaced.empty());
  EXPECT_EQ(move(1, 9), 1U);
  EXPECT_EQ(displaced, std::vector{Key(1)});
  table.Erase(kRoom, Key(1));
  EXPECT_EQ(move(1, 9), 1U) << "what a room without a shard has left may be anywhere";
  EXPECT_EQ(displaced.size(), 2U);
  table.Set(kRoom, Key(1), "room", 7, kStart);
  EXPECT_EQ(displaced.size(), 2U) << "who orders it knows";
  table.ReleaseSession(kRoom, Key(1), kStart);
}

TEST_F(TableChangesTest, ABindingIsToldOnceAsItIs) {
  replica_.Bind(1, 7, kStart);
  table_.Set(kRoom, Key(1), "room", 8, kStart + 1s);
  const auto changes = replica_.Changes(kStart + 11s);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].key, Key(1));
  EXPECT_EQ(changes[0].shard, 8U);
  EXPECT_EQ(changes[0].cell.binding.epoch, 1U);
  EXPECT_EQ(changes[0].cell.binding.stamp.replica, 1U);
  EXPECT_EQ(changes[0].cell.renewed, changes[0].cell.binding.stamp.time);
  EXPECT_EQ(changes[0].lease, 90s);
  EXPECT_EQ(changes[0].display, "room");
  EXPECT_TRUE(replica_.Changes(kStart + 11s).empty());
}

TEST_F(TableChangesTest, RenewalsAreToldWhenAQuarterOfTheLeaseIsGone) {
  replica_.Bind(1, 7, kStart);
  EXPECT_EQ(Changed(kStart), Rooms{1});
  replica_.Bind(1, 7, kStart + 25s);
  EXPECT_EQ(Changed(kStart + 25s), Rooms{}) << "3/4 are left";
  const HybridTime renewed = replica_.Record(1, kStart + 25s).cell.renewed;
  replica_.Bind(1, 7, kStart + 26s);
  EXPECT_EQ(Changed(kStart + 26s), Rooms{1});
  EXPECT_GT(replica_.Record(1, kStart + 26s).cell.renewed, renewed);
  replica_.Bind(1, 7, kStart + 40s);
  EXPECT_EQ(Changed(kStart + 40s), Rooms{});
  EXPECT_EQ(replica_.Record(1, kStart + 40s).lease, 100s) << "renewed here all the same";
}

TEST_F(TableChangesTest, SessionsRenewToo) {
  replica_.Bind(1, 7, kStart);
  Changed(kStart);
  table_.AcquireSession(kRoom, Key(1), kStart + 30s);
  EXPECT_EQ(Changed(kStart + 30s), Rooms{1});
  table_.ReleaseSession(kRoom, Key(1), kStart + 60s);
  EXPECT_EQ(Changed(kStart + 60s), Rooms{1});
  EXPECT_EQ(replica_.Record(1, kStart + 60s).lease, 100s);
}

TEST_F(TableChangesTest, HeldRoomsAreAnnouncedBySweep) {
  for (uint64_t n = 0; n < 100; ++n) {
    replica_.Bind(n, 7, kStart + std::chrono::milliseconds(100 * n));
    table_.AcquireSession(kRoom, Key(n), kStart + std::chrono::milliseconds(100 * n));
  }
  replica_.Bind(200, 7, kStart);
  Changed(kStart + 10s);
  table_.Sweep(kStart + 25s);
  EXPECT_EQ(Changed(kStart + 25s), Rooms{});
  table_.Sweep(kStart + 25s + 250ms);
  EXPECT_EQ(Changed(kStart + 26s), (Rooms{0, 1, 2})) << "what is due, not what is idle";
  for (int i = 1; i <= 30; ++i) table_.Sweep(kStart + 26s + i * 10s);
  EXPECT_EQ(Changed(kStart + 326s).size(), 100U);
  EXPECT_EQ(replica_.Find(0, kStart + 326s), 7U);
  EXPECT_EQ(replica_.Find(200, kStart + 326s), kNoShard);
}

TEST_F(TableChangesTest, OneHolderOfSeveralSpeaksForAll) {
  replica_.Bind(1, 7, kStart);
  table_.AcquireSession(kRoom, Key(1), kStart);
  Changed(kStart);
  CellRecord renewal = replica_.Record(1, kStart);
  renewal.cell.renewed += HybridTime{20'000} << 16;
  renewal.lease = 95s;
  ASSERT_EQ(table_.Merge(renewal, kStart + 20s).outcome, MergeOutcome::kRenewed);
  table_.Sweep(kStart + 39s);
  EXPECT_EQ(Changed(kStart + 39s), Rooms{}) << "others know of 76 s";
  table_.Sweep(kStart + 41s);
  EXPECT_EQ(Changed(kStart + 41s), Rooms{1}) << "but then it announces its own";
}

TEST_F(TableChangesTest, LeavingAnnouncesWhatIsHeld) {
  for (uint64_t n = 0; n < 3; ++n) {
    replica_.Bind(n, 7, kStart + n * 10s);
    if (n < 2) table_.AcquireSession(kRoom, Key(n), kStart + n * 10s);
  }
  Changed(kStart + 20s);
  table_.AnnounceHeld(85s, kStart + 20s);
  EXPECT_EQ(Changed(kStart + 20s), Rooms{0}) << "of room 1 others know 90 s";
  table_.AnnounceHeld(1h, kStart + 21s);
  EXPECT_EQ(Changed(kStart + 21s), (Rooms{0, 1})) << "no lease is longer than the whole";
}

TEST_F(TableChangesTest, TombstonesAreTold) {
  replica_.Bind(1, 7, kStart);
  replica_.Bind(2, 7, kStart);
  Changed(kStart);
  table_.Erase(kRoom, Key(1));
  const auto changes = replica_.Changes(kStart);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].cell.binding.tombstone);
  EXPECT_EQ(changes[0].lease, 200s);
  table_.Clear();
  EXPECT_EQ(Changed(kStart), Rooms{2}) << "room 1 had gone";
}

TEST_F(TableChangesTest, WhatIsGoneIsNotTold) {
  replica_.Bind(1, 7, kStart);
  table_.Resize(1);
  replica_.Bind(2, 7, kStart + 1s);
  EXPECT_EQ(Changed(kStart + 1s), Rooms{2}) << "evicted";
  replica_.Bind(2, 8, kStart + 200s);
  EXPECT_EQ(Changed(kStart + 300s), Rooms{}) << "expired";
}

TEST_F(TableChangesTest, AReusedSlotIsToldOnce) {
  table_.Resize(1);
  for (uint64_t n = 0; n < 200; ++n) {
    replica_.Bind(n, 7, kStart + std::chrono::milliseconds(n));
  }
  EXPECT_EQ(Changed(kStart + 1s), Rooms{199});
}

TEST_F(TableChangesTest, WhatOthersToldIsNotToldInAReusedSlot) {
  Replica other(2);
  other.Bind(2, 8, kStart + 1s);
  table_.Resize(1);
  replica_.Bind(1, 7, kStart);
  ASSERT_EQ(table_.Merge(other.Record(2, kStart + 1s), kStart + 1s).outcome,
            MergeOutcome::kAdopted);
  EXPECT_EQ(replica_.Find(1, kStart + 1s), kNoShard) << "evicted";
  EXPECT_EQ(Changed(kStart + 1s), Rooms{});
}

TEST_F(TableChangesTest, TheCallerTakesAsManyAsItWants) {
  for (uint64_t n = 0; n < 100; ++n) replica_.Bind(n, 7, kStart);
  size_t taken = 0;
  std::set<uint64_t> keys;
  for (;;) {
    const auto some = table_.TakeChanges(kStart, 7);
    for (const CellRecord& record : some) keys.insert(record.key.low);
    taken += some.size();
    if (some.size() < 7) break;
  }
  EXPECT_EQ(taken, 100U);
  EXPECT_EQ(keys.size(), 100U);
  EXPECT_TRUE(table_.TakeChanges(kStart, 0).empty());
}

TEST_F(TableChangesTest, TheFirstChangeIsCalledOut) {
  replica_.Bind(1, 7, kStart);
  EXPECT_EQ(told_, 1U);
  replica_.Bind(2, 7, kStart);
  table_.Erase(kRoom, Key(1));
  EXPECT_EQ(told_, 1U);
  Changed(kStart);
  EXPECT_EQ(told_, 1U);
  replica_.Bind(2, 7, kStart + 1s);
  EXPECT_EQ(told_, 1U) << "not worth announcing";
  table_.AcquireSession(kRoom, Key(2), kStart + 1s);
  table_.Sweep(kStart + 50s);
  EXPECT_EQ(told_, 2U);
}

TEST(TableChanges, WhoeverIsCalledMayUseTheTable) {
  std::vector<CellRecord> taken;
  StickTable* table = nullptr;
  Replica replica(1, {.on_change = [&] {
                    for (auto& record : table->TakeChanges(kStart, 10)) taken.push_back(record);
                  }});
  table = &replica.table;
  replica.Bind(1, 7, kStart);
  table->Set(kRoom, Key(2), "room", 8, kStart);
  table->Clear();
  EXPECT_EQ(taken.size(), 4U);
}

// Digests are kept change by change; records are read from the entries.
class TableDigestTest : public testing::TestWithParam<unsigned> {};

TEST_P(TableDigestTest, DigestsAreThoseOfTheRecords) {
  Replica replica(1, {.size = 200, .expire = 100s, .stripes = GetParam()});
  StickTable& table = replica.table;
  EXPECT_EQ(table.BucketDigests(), StickTable::Digests{});
  for (uint64_t n = 0; n < 150; ++n) replica.Bind(n, 7, kStart);
  table.Set(KeyNamespace::kEtherpad, Key(5), "pad", 8, kStart);
  EXPECT_EQ(table.BucketDigests(), DigestsOfRecords(table, kStart));
  for (uint64_t n = 0; n < 50; ++n) table.Set(kRoom, Key(n), "room", 8, kStart + 1s);
  for (uint64_t n = 40; n < 60; ++n) table.Erase(kRoom, Key(n));
  for (uint64_t n = 55; n < 70; ++n) table.AcquireSession(kRoom, Key(n), kStart + 30s);
  for (uint64_t n = 70; n < 80; ++n) replica.Bind(n, 9, kStart + 40s);
  EXPECT_EQ(table.BucketDigests(), DigestsOfRecords(table, kStart + 40s));
  for (uint64_t n = 300; n < 400; ++n) replica.Bind(n, 7, kStart + 41s);
  EXPECT_EQ(table.BucketDigests(), DigestsOfRecords(table, kStart + 41s)) << "after evictions";
  table.Sweep(kStart + 110s);
  EXPECT_EQ(table.BucketDigests(), DigestsOfRecords(table, kStart + 110s));
  for (uint64_t n = 55; n < 70; ++n) table.ReleaseSession(kRoom, Key(n), kStart + 110s);
  table.Clear();
  EXPECT_EQ(table.BucketDigests(), DigestsOfRecords(table, kStart + 110s));
  for (int i = 0; i < 3; ++i) table.Sweep(kStart + 1h);
  EXPECT_EQ(table.BucketDigests(), StickTable::Digests{});
  EXPECT_EQ(table.stats().entries + table.stats().tombstones, 0U);
}

TEST_P(TableDigestTest, EveryRecordIsInItsBucket) {
  Replica replica(1, {.stripes = GetParam()});
  for (uint64_t n = 0; n < 3000; ++n) replica.Bind(n, 7, kStart);
  size_t records = 0;
  for (size_t bucket = 0; bucket < StickTable::kBuckets; ++bucket) {
    for (const CellRecord& record : replica.table.RecordsIn(bucket, kStart)) {
      EXPECT_EQ(StickTable::BucketOf(record.key), bucket);
      ++records;
    }
  }
  EXPECT_EQ(records, 3000U);
  EXPECT_TRUE(replica.table.RecordsIn(StickTable::kBuckets, kStart).empty());
}

INSTANTIATE_TEST_SUITE_P(Stripes, TableDigestTest, testing::Values(1U, 64U, 1024U));

}  // namespace
}  // namespace room_router::test
