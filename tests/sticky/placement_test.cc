// SPDX-License-Identifier: Apache-2.0
#include "sticky/placement.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/sticky/shards.h"

namespace room_router {
namespace {

using config::PlacementAlgorithm;
using test::UpShards;

constexpr TimePoint kNow{};

RoomKey Key(uint64_t n) { return {.high = n * 0x9E3779B97F4A7C15, .low = n * 0xD6E8FEB86659FD93}; }

class PlacementTest : public testing::Test {
 protected:
  const PlacementView& View(size_t count) {
    set_ = UpShards(count);
    return view_ = MakePlacementView(set_, "");
  }

  // Rooms bound before the test starts.
  void Fill(ShardId shard, uint64_t rooms) {
    for (; rooms > 0; --rooms) table_.Set(KeyNamespace::kRoom, Key(++filled_), "", shard, kNow);
  }

  StickTable table_{StickTable::Options{.size = 1'000'000}};
  ShardSet set_;
  PlacementView view_;
  uint64_t filled_ = 1'000'000;
};

TEST_F(PlacementTest, NoCandidateNoChoice) {
  for (const auto algorithm :
       {PlacementAlgorithm::kRendezvous, PlacementAlgorithm::kBoundedRendezvous,
        PlacementAlgorithm::kLeastRooms, PlacementAlgorithm::kRoundRobin}) {
    Placement placement({.algorithm = algorithm});
    EXPECT_EQ(placement.Choose(Key(1), {}, table_), nullptr);
    EXPECT_EQ(placement.Foresee(Key(1), {}, table_), nullptr);
  }
}

TEST_F(PlacementTest, BoundedIsTheHashWhileLoadsAreSmall) {
  const auto& view = View(4);
  Placement bounded({});
  Fill(0, 16);
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(bounded.Choose(Key(i), view, table_), Place(Key(i), view.candidates));
  }
}

TEST_F(PlacementTest, BoundedPassesOverFullShards) {
  const auto& view = View(4);
  Placement bounded({});
  for (ShardId shard = 1; shard < 4; ++shard) Fill(shard, 100);
  Fill(0, 300);  // fair share 150, bound 241
  for (uint64_t i = 0; i < 1000; ++i) {
    const auto* chosen = bounded.Choose(Key(i), view, table_);
    const auto* wanted = Place(Key(i), view.candidates);
    EXPECT_NE(chosen->id, 0U);
    EXPECT_TRUE(wanted->id == 0 || chosen == wanted) << "others stay where the hash puts them";
  }
}

TEST_F(PlacementTest, BoundedKeepsEveryShardBelowItsBound) {
  const auto& view = View(8);
  Placement bounded({.balance_factor = 1.0});
  for (uint64_t i = 0; i < 8000; ++i) {
    table_.FindOrBind(KeyNamespace::kRoom, Key(i), "", kNow,
                      [&](ShardId) { return bounded.Choose(Key(i), view, table_)->id; });
  }
  for (ShardId shard = 0; shard < 8; ++shard) EXPECT_LE(table_.RoomsOn(shard), 1000 + 17U);
}

TEST_F(PlacementTest, AFullShardStaysFullUntilWellBelow) {
  const auto& view = View(2);
  Placement bounded({.balance_factor = 1.0});
  Fill(1, 100);
  uint64_t key = 0;
  while (Place(Key(key), view.candidates)->id != 0) ++key;
  const auto takes = [&] { return bounded.Choose(Key(key), view, table_)->id == 0; };
  Fill(0, 132);  // fair share 116, bound 132
  EXPECT_TRUE(takes());
  Fill(0, 2);  // 134 > 117 + 16
  EXPECT_FALSE(takes());
  Fill(1, 6);  // 134 ≤ 120 + 16, but not ≤ 120 + 8
  EXPECT_FALSE(takes());
  Fill(1, 12);  // 134 ≤ 126 + 8
  EXPECT_TRUE(takes());
}

TEST_F(PlacementTest, BoundsFollowWeights) {
  View(2);
  set_.shards[0].weight = 300;
  view_ = MakePlacementView(set_, "");
  Placement bounded({.balance_factor = 1.0});
  Fill(0, 300);
  Fill(1, 100);
  for (uint64_t i = 0; i < 200; ++i) {
    EXPECT_EQ(bounded.Choose(Key(i), view_, table_), Place(Key(i), view_.candidates));
  }
}

TEST_F(PlacementTest, LeastRoomsByWeight) {
  View(3);
  set_.shards[2].weight = 200;
  view_ = MakePlacementView(set_, "");
  Placement least({.algorithm = PlacementAlgorithm::kLeastRooms});
  Fill(0, 10);
  Fill(1, 12);
  Fill(2, 19);
  EXPECT_EQ(least.Choose(Key(1), view_, table_)->id, 2U);
  Fill(2, 3);
  EXPECT_EQ(least.Choose(Key(1), view_, table_)->id, 0U);
}

TEST_F(PlacementTest, RoundRobinGoesInTurn) {
  const auto& view = View(3);
  Placement turns({.algorithm = PlacementAlgorithm::kRoundRobin});
  for (ShardId i = 0; i < 30; ++i) {
    EXPECT_EQ(turns.Foresee(Key(i), view, table_), Place(Key(i), view.candidates));
    EXPECT_EQ(turns.Choose(Key(1), view, table_)->id, i % 3);
  }
}

TEST_F(PlacementTest, RoundRobinRespectsWeights) {
  View(3);
  set_.shards[1].weight = 250;
  view_ = MakePlacementView(set_, "");
  Placement turns({.algorithm = PlacementAlgorithm::kRoundRobin});
  std::map<ShardId, int> rooms;
  for (int i = 0; i < 450; ++i) ++rooms[turns.Choose(Key(1), view_, table_)->id];
  EXPECT_EQ(rooms, (std::map<ShardId, int>{{0, 100}, {1, 250}, {2, 100}}));
}

}  // namespace
}  // namespace room_router
