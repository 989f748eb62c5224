// SPDX-License-Identifier: Apache-2.0
#include "sticky/stick_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "replica.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;

using test::Key;
using test::kRoom;
using test::kStart;

class StickTableTest : public testing::Test {
 protected:
  // Binds to `shard` unless bound already.
  StickTable::Hit Bind(uint64_t n, ShardId shard, TimePoint now) {
    return table_.FindOrBind(kRoom, Key(n), "room", now, [shard](ShardId previous) {
      return previous == kNoShard ? shard : previous;
    });
  }

  ShardId Find(uint64_t n, TimePoint now) const {
    const auto hit = table_.Find(kRoom, Key(n), now);
    return hit ? hit->shard : kNoShard;
  }

  std::vector<EntryView> Entries(TimePoint now) const {
    std::vector<EntryView> entries;
    table_.ForEach(now, [&](const EntryView& entry) { entries.push_back(entry); });
    return entries;
  }

  StickTable table_{StickTable::Options{.size = 100, .expire = 60s, .display_bytes = 8}};
};

TEST_F(StickTableTest, FirstBindingStays) {
  EXPECT_FALSE(table_.Find(kRoom, Key(1), kStart));
  const auto first = Bind(1, 7, kStart);
  EXPECT_TRUE(first.inserted);
  EXPECT_EQ(first.shard, 7U);
  EXPECT_EQ(first.epoch, 0U);
  const auto second = Bind(1, 8, kStart + 1s);
  EXPECT_FALSE(second.inserted);
  EXPECT_EQ(second.shard, 7U);
  EXPECT_EQ(table_.stats().inserts, 1U);
  EXPECT_EQ(table_.stats().entries, 1U);
}

TEST_F(StickTableTest, NamespacesAreApart) {
  Bind(1, 7, kStart);
  EXPECT_FALSE(table_.Find(KeyNamespace::kWhiteboard, Key(1), kStart));
  table_.Set(KeyNamespace::kWhiteboard, Key(1), "board", 9, kStart);
  EXPECT_EQ(Find(1, kStart), 7U);
  EXPECT_EQ(table_.RoomsOn(9), 0U) << "whiteboards are no rooms";
  EXPECT_EQ(table_.Rooms(), 1U);
}

TEST_F(StickTableTest, ChoosingAnotherShardIsAMove) {
  Bind(1, 7, kStart);
  const auto hit = table_.FindOrBind(kRoom, Key(1), "room", kStart, [](ShardId previous) {
    EXPECT_EQ(previous, 7U);
    return ShardId{8};
  });
  EXPECT_TRUE(hit.inserted);
  EXPECT_EQ(hit.epoch, 1U);
  EXPECT_EQ(table_.stats().moves, 1U);
  EXPECT_EQ(table_.stats().moves_set, 0U);
  EXPECT_EQ(table_.stats().inserts, 1U);
  EXPECT_EQ(table_.RoomsOn(7), 0U);
  EXPECT_EQ(table_.RoomsOn(8), 1U);
}

TEST_F(StickTableTest, ChoosingNoneLeavesTheEntryAlone) {
  const auto none = [](ShardId) { return kNoShard; };
  EXPECT_EQ(table_.FindOrBind(kRoom, Key(1), "", kStart, none).shard, kNoShard);
  EXPECT_EQ(table_.stats().entries, 0U);
  Bind(1, 7, kStart);
  EXPECT_EQ(table_.FindOrBind(kRoom, Key(1), "", kStart + 30s, none).shard, kNoShard);
  EXPECT_EQ(Find(1, kStart + 59s), 7U);
  EXPECT_EQ(Find(1, kStart + 60s), kNoShard) << "not refreshed";
}

TEST_F(StickTableTest, ExpiresAfterTheLastStore) {
  Bind(1, 7, kStart);
  Bind(1, 7, kStart + 50s);
  EXPECT_EQ(Find(1, kStart + 109s), 7U);
  EXPECT_EQ(Find(1, kStart + 109s), 7U) << "matching refreshes nothing";
  EXPECT_EQ(Find(1, kStart + 110s), kNoShard);
  EXPECT_TRUE(Entries(kStart + 110s).empty());
  const auto again = Bind(1, 8, kStart + 110s);
  EXPECT_TRUE(again.inserted);
  EXPECT_EQ(again.shard, 8U);
  EXPECT_EQ(table_.stats().evictions_expired, 1U);
  EXPECT_EQ(table_.stats().moves, 0U);
}

TEST_F(StickTableTest, SweepFreesWhatExpired) {
  for (uint64_t n = 0; n < 50; ++n) Bind(n, 7, kStart + (n < 20 ? 0s : 30s));
  table_.Sweep(kStart + 60s);
  EXPECT_EQ(table_.stats().entries, 30U);
  EXPECT_EQ(table_.stats().evictions_expired, 20U);
  EXPECT_EQ(table_.RoomsOn(7), 30U);
}

TEST_F(StickTableTest, SessionsHoldTheirRoom) {
  Bind(1, 7, kStart);
  table_.AcquireSession(kRoom, Key(1), kStart);
  table_.AcquireSession(kRoom, Key(1), kStart);
  table_.Sweep(kStart + 1h);
  EXPECT_EQ(Find(1, kStart + 1h), 7U);
  EXPECT_EQ(Entries(kStart + 1h).at(0).sessions, 2U);
  table_.ReleaseSession(kRoom, Key(1), kStart + 1h);
  EXPECT_EQ(Find(1, kStart + 2h), 7U);
  table_.ReleaseSession(kRoom, Key(1), kStart + 2h);
  EXPECT_EQ(Find(1, kStart + 2h + 59s), 7U) << "the lease starts when the last one ends";
  EXPECT_EQ(Find(1, kStart + 2h + 60s), kNoShard);
}

TEST_F(StickTableTest, SessionsPairAcrossErase) {
  Bind(1, 7, kStart);
  table_.AcquireSession(kRoom, Key(1), kStart);
  EXPECT_TRUE(table_.Erase(kRoom, Key(1)));
  EXPECT_FALSE(table_.Erase(kRoom, Key(1)));
  EXPECT_EQ(Find(1, kStart), kNoShard);
  EXPECT_TRUE(Entries(kStart).empty());
  EXPECT_EQ(table_.Rooms(), 0U);
  const auto again = Bind(1, 8, kStart);
  EXPECT_EQ(again.epoch, 1U) << "a deliberate change";
  table_.AcquireSession(kRoom, Key(1), kStart);
  table_.ReleaseSession(kRoom, Key(1), kStart);
  EXPECT_EQ(Find(1, kStart + 1h), 8U) << "one session is left";
  table_.Clear();
  table_.ReleaseSession(kRoom, Key(1), kStart + 1h);
  EXPECT_EQ(table_.stats().entries, 0U);
}

TEST_F(StickTableTest, SessionsOfUnboundRoomsBindNothing) {
  table_.AcquireSession(kRoom, Key(1), kStart);
  EXPECT_EQ(Find(1, kStart), kNoShard);
  EXPECT_TRUE(Entries(kStart).empty());
  table_.ReleaseSession(kRoom, Key(1), kStart);
  EXPECT_EQ(table_.stats().entries, 0U);
}

TEST_F(StickTableTest, AFullTableGivesUpTheLongestIdle) {
  for (uint64_t n = 0; n < 100; ++n) Bind(n, 7, kStart + std::chrono::milliseconds(n));
  Bind(0, 7, kStart + 1s);
  for (uint64_t n = 100; n < 110; ++n) Bind(n, 7, kStart + 2s);
  EXPECT_EQ(table_.stats().entries, 100U);
  EXPECT_EQ(table_.stats().evictions_live, 10U);
  EXPECT_EQ(Find(0, kStart + 2s), 7U) << "used since";
  for (uint64_t n = 1; n <= 10; ++n) EXPECT_EQ(Find(n, kStart + 2s), kNoShard) << n;
  for (uint64_t n = 11; n < 110; ++n) EXPECT_EQ(Find(n, kStart + 2s), 7U) << n;
}

TEST_F(StickTableTest, ExpiredEntriesGoFirst) {
  for (uint64_t n = 0; n < 100; ++n) Bind(n, 7, kStart + (n == 42 ? 0s : 30s));
  Bind(100, 7, kStart + 60s);
  EXPECT_EQ(table_.stats().evictions_live, 0U);
  EXPECT_EQ(table_.stats().evictions_expired, 1U);
}

TEST_F(StickTableTest, HeldEntriesAreNeverEvicted) {
  for (uint64_t n = 0; n < 100; ++n) {
    Bind(n, 7, kStart);
    table_.AcquireSession(kRoom, Key(n), kStart);
  }
  Bind(200, 8, kStart + 1s);
  EXPECT_EQ(Find(200, kStart + 1s), 8U) << "nor is the newcomer";
  EXPECT_EQ(table_.stats().entries, 101U);
  EXPECT_EQ(table_.stats().over_size, 1U);
  Bind(201, 8, kStart + 2s);
  EXPECT_EQ(Find(200, kStart + 2s), kNoShard);
  EXPECT_EQ(Find(201, kStart + 2s), 8U);
  for (uint64_t n = 0; n < 100; ++n) {
    EXPECT_EQ(Find(n, kStart + 1h), 7U);
    table_.ReleaseSession(kRoom, Key(n), kStart + 2s);
  }
  Bind(202, 8, kStart + 3s);
  EXPECT_EQ(table_.stats().entries, 100U);
}

TEST_F(StickTableTest, ResizesWhileRunning) {
  for (uint64_t n = 0; n < 100; ++n) Bind(n, 7, kStart + std::chrono::milliseconds(n));
  table_.Resize(40, kStart + 1s);
  EXPECT_EQ(table_.size(), 40U);
  EXPECT_EQ(table_.stats().entries, 40U);
  for (uint64_t n = 60; n < 100; ++n) EXPECT_EQ(Find(n, kStart + 1s), 7U);
  table_.Resize(1000);
  for (uint64_t n = 0; n < 1000; ++n) Bind(n, 7, kStart + 1s);
  EXPECT_EQ(table_.stats().entries, 1000U);
}

TEST_F(StickTableTest, SetMovesDeliberately) {
  table_.Set(kRoom, Key(1), "room", 7, kStart);
  EXPECT_EQ(Find(1, kStart), 7U);
  table_.Set(kRoom, Key(1), "room", 8, kStart + 30s);
  EXPECT_EQ(table_.Find(kRoom, Key(1), kStart + 80s)->epoch, 1U);
  EXPECT_EQ(table_.stats().moves, 1U);
  EXPECT_EQ(table_.stats().moves_set, 1U);
  table_.Set(kRoom, Key(1), "room", 8, kStart + 30s);
  EXPECT_EQ(table_.stats().moves_set, 1U) << "it was there already";
  EXPECT_EQ(table_.RoomsOn(7), 0U);
  EXPECT_EQ(table_.RoomsOn(8), 1U);
}

TEST_F(StickTableTest, ClearForgetsEverything) {
  for (uint64_t n = 0; n < 50; ++n) Bind(n, 7, kStart);
  table_.Clear();
  EXPECT_EQ(table_.stats().entries, 0U);
  EXPECT_EQ(table_.Rooms(), 0U);
  EXPECT_TRUE(Bind(1, 8, kStart).inserted);
}

TEST_F(StickTableTest, ShowsEntriesAsTheyAre) {
  table_.FindOrBind(kRoom, Key(1), "caf\u00e9\u00e9\u00e9", kStart,
                    [](ShardId) { return ShardId{7}; });
  table_.AcquireSession(kRoom, Key(1), kStart + 1s);
  const auto entries = Entries(kStart + 1s);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].key, Key(1));
  EXPECT_EQ(entries[0].display, "caf\u00e9\u00e9") << "whole characters, 8 bytes";
  EXPECT_EQ(entries[0].shard, 7U);
  EXPECT_EQ(entries[0].sessions, 1U);
  EXPECT_EQ(entries[0].created, kStart);
  EXPECT_EQ(entries[0].expires, kStart + 61s);
}

TEST_F(StickTableTest, VisitorsMayUseTheTable) {
  for (uint64_t n = 0; n < 100; ++n) Bind(n, 7, kStart);
  std::set<uint64_t> seen;
  table_.ForEach(kStart, [&](const EntryView& entry) {
    EXPECT_TRUE(seen.insert(entry.key.low).second);
    table_.Erase(entry.key_namespace, entry.key);
  });
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(table_.stats().entries, 0U);
}

// The table against a plain map, over random operations.
TEST(StickTableModel, DoesWhatAMapDoes) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  struct Room {
    ShardId shard = kNoShard;
    TimePoint expires;
    int sessions = 0;
  };
  std::map<uint64_t, Room> model;
  StickTable table({.size = 1'000'000, .expire = 60s, .stripes = 4});
  TimePoint now = kStart;
  const auto alive = [&](const Room& room) { return room.sessions > 0 || room.expires > now; };
  for (int i = 0; i < 50'000; ++i) {
    now += std::chrono::milliseconds(random() % 200);
    const uint64_t n = random() % 500;
    const auto shard = static_cast<ShardId>(random() % 5);
    Room& room = model[n];
    if (!alive(room)) room.shard = kNoShard;
    switch (random() % 6) {
      case 0:
      case 1: {
        const auto hit = table.FindOrBind(kRoom, Key(n), "x", now, [&](ShardId previous) {
          return previous == kNoShard ? shard : previous;
        });
        if (room.shard == kNoShard) room.shard = shard;
        room.expires = now + 60s;
        ASSERT_EQ(hit.shard, room.shard);
        break;
      }
      case 2:
        table.AcquireSession(kRoom, Key(n), now);
        ++room.sessions;
        break;
      case 3:
        if (room.sessions == 0) break;
        table.ReleaseSession(kRoom, Key(n), now);
        if (--room.sessions == 0) room.expires = now + 60s;
        break;
      case 4:
        if (random() % 4 == 0) table.Sweep(now);
        break;
      case 5:
        ASSERT_TRUE(table.Erase(kRoom, Key(n)) || room.shard == kNoShard);
        room.shard = kNoShard;
        break;
    }
    const auto hit = table.Find(kRoom, Key(n), now);
    ASSERT_EQ(hit ? hit->shard : kNoShard, alive(room) ? room.shard : kNoShard);
  }
  uint32_t rooms = 0, counted = 0;
  for (const auto& [n, room] : model) rooms += alive(room) && room.shard != kNoShard;
  for (int i = 0; i < 100; ++i) table.Sweep(now);
  for (ShardId shard = 0; shard < 5; ++shard) counted += table.RoomsOn(shard);
  EXPECT_EQ(table.Rooms(), rooms);
  EXPECT_EQ(counted, rooms);
}

TEST(StickTableThreads, AllAgreeOnEveryRoom) {
  constexpr unsigned kThreads = 8, kKeys = 1000;
  StickTable table({.size = 10'000});
  std::vector<std::vector<ShardId>> answers(kThreads);
  std::atomic<unsigned> ready{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      for (uint64_t n = 0; n < kKeys; ++n) {
        const auto hit = table.FindOrBind(kRoom, Key(n), "room", kStart, [t](ShardId previous) {
          return previous == kNoShard ? t : previous;
        });
        answers[t].push_back(hit.shard);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (unsigned t = 1; t < kThreads; ++t) EXPECT_EQ(answers[t], answers[0]);
  EXPECT_EQ(table.stats().inserts, kKeys);
  uint32_t rooms = 0;
  for (ShardId shard = 0; shard < kThreads; ++shard) rooms += table.RoomsOn(shard);
  EXPECT_EQ(rooms, kKeys);
}

}  // namespace
}  // namespace room_router
