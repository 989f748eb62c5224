// SPDX-License-Identifier: Apache-2.0
#include "sticky/rendezvous.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

#include "tests/sticky/shards.h"

namespace room_router {
namespace {

using test::Sorted;
using test::UpShard;
using test::UpShards;

constexpr int kRooms = 20'000;

RoomKey KeyOf(int room) {
  RoomRequest request;
  static const RoomKeyReader reader({});
  reader.ReadName("", fmt::format("room-{}", room), request);
  return request.key;
}

const std::vector<RoomKey>& Keys() {
  static const std::vector<RoomKey> keys = [] {
    std::vector<RoomKey> made;
    for (int i = 0; i < kRooms; ++i) made.push_back(KeyOf(i));
    return made;
  }();
  return keys;
}

std::vector<ShardId> PlaceAll(const ShardSet& shards) {
  const PlacementView view = MakePlacementView(shards, "");
  std::vector<ShardId> places;
  for (const RoomKey key : Keys()) places.push_back(Place(key, view.candidates)->id);
  return places;
}

// Replicas of any version on any machine agree on these (the places were computed with libm).
TEST(Rendezvous, PlacesAreAsAlways) {
  const ShardSet set = UpShards(16);
  const PlacementView view = MakePlacementView(set, "");
  const ShardId golden[] = {4, 3, 5, 1, 4, 15, 2, 7, 13, 4, 0, 3, 11, 10, 4, 14};
  for (int i = 0; i < 16; ++i) EXPECT_EQ(Place(KeyOf(i), view.candidates)->id, golden[i]) << i;
  EXPECT_EQ(fmt::format("{:a}", Score(KeyOf(0), view.candidates[0])), "0x1.f377621de488dp-7");
  EXPECT_EQ(fmt::format("{:a}", Score(KeyOf(1), view.candidates[1])), "0x1.c3077f7d5cd54p-10");
}

TEST(Rendezvous, ScoresAreExponentiallyDistributed) {
  const ShardSet set = UpShards(1);
  const PlacementView view = MakePlacementView(set, "");
  double sum = 0, above = 0;
  for (const RoomKey key : Keys()) {
    const double score = Score(key, view.candidates[0]) * view.candidates[0].weight;
    ASSERT_GT(score, 0);
    ASSERT_LE(score, 53);
    sum += score;
    above += score > 1 ? 1 : 0;  // u < 1/2
  }
  EXPECT_NEAR(sum / kRooms, 1 / std::log(2.0), 0.02);
  EXPECT_NEAR(above / kRooms, 0.5, 0.01);
}

TEST(Rendezvous, BalancesAndMovesNoMoreThanItMust) {
  for (const size_t count : {size_t{2}, size_t{16}, size_t{256}}) {
    const auto before = PlaceAll(UpShards(count));
    const auto after_add = PlaceAll(UpShards(count + 1));
    ShardSet fewer = UpShards(count);
    const ShardId gone = static_cast<ShardId>(count / 2);
    fewer.shards.erase(fewer.shards.begin() + gone);
    fewer.Index();
    const auto after_remove = PlaceAll(fewer);
    std::vector<int> rooms(count);
    int moved_by_add = 0, moved_by_remove = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      ++rooms[before[i]];
      if (after_add[i] != before[i]) {
        ++moved_by_add;
        ASSERT_EQ(after_add[i], count) << "moved between shards that stayed";
      }
      if (after_remove[i] != before[i]) {
        ++moved_by_remove;
        ASSERT_EQ(before[i], gone) << "moved off a shard that stayed";
      }
    }
    const double mean = static_cast<double>(kRooms) / static_cast<double>(count);
    const double most = *std::max_element(rooms.begin(), rooms.end()) / mean;
    const double least = *std::min_element(rooms.begin(), rooms.end()) / mean;
    const double added = static_cast<double>(moved_by_add) / kRooms;
    const double ideal = 1.0 / static_cast<double>(count + 1);
    std::cout << fmt::format(
        "{:3} shards: max/mean {:.3f}, min/mean {:.3f}; one more moves {:.3f} % (ideal {:.3f} %), "
        "one less {:.3f} %\n",
        count, most, least, 100 * added, 100 * ideal, 100.0 * moved_by_remove / kRooms);
    EXPECT_EQ(moved_by_remove, rooms[gone]);
    EXPECT_LE(added, ideal + 0.02);
    const double noise = 5 / std::sqrt(mean);  // five sigma of a fair draw
    EXPECT_LE(most, 1 + noise);
    EXPECT_GE(least, 1 - noise);
  }
}

TEST(Rendezvous, RespectsWeights) {
  for (const size_t count : {size_t{2}, size_t{16}, size_t{256}}) {
    ShardSet set = UpShards(count);
    double total = 0;
    for (size_t i = 0; i < count; ++i) total += set.shards[i].weight = i % 2 == 0 ? 100 : 300;
    double heavy = 0;
    for (const ShardId id : PlaceAll(set)) heavy += id % 2;
    std::cout << fmt::format("{:3} shards, every second of weight 3: {:.2f} % of the rooms there\n",
                             count, 100 * heavy / kRooms);
    EXPECT_NEAR(heavy / kRooms, 0.75, 0.01);
  }
}

TEST(Rendezvous, WeightChangesMoveRoomsOnlyToTheHeavier) {
  ShardSet set = UpShards(16);
  const auto before = PlaceAll(set);
  set.shards[5].weight = 150;
  const auto after = PlaceAll(set);
  for (size_t i = 0; i < before.size(); ++i) {
    ASSERT_TRUE(after[i] == before[i] || after[i] == 5U);
  }
}

TEST(Rendezvous, KnowsNamesNotOrderOrIds) {
  const PlacementView one =
      MakePlacementView(Sorted({UpShard(0, "a"), UpShard(1, "b"), UpShard(2, "c")}), "");
  const ShardSet other = Sorted({UpShard(9, "c"), UpShard(4, "b"), UpShard(7, "a")});
  const PlacementView two = MakePlacementView(other, "");
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(Place(KeyOf(i), one.candidates)->name_hash,
              Place(KeyOf(i), two.candidates)->name_hash);
  }
}

std::string Names(const ShardSet& set, const PlacementView& view) {
  std::string names;
  for (const auto& candidate : view.candidates) names += set.shards[candidate.position].name;
  names += '|';
  for (const uint32_t position : view.rotation) names += set.shards[position].name;
  return names;
}

TEST(PlacementView, HoldsTheBestClassThatTakesRooms) {
  ShardSet set = Sorted({UpShard(0, "a"), UpShard(1, "b"), UpShard(2, "c"), UpShard(3, "d")});
  const auto names = [&](std::string_view region) {
    return Names(set, MakePlacementView(set, region));
  };
  EXPECT_EQ(names(""), "abcd|abcd");
  set.shards[2].priority = set.shards[3].priority = 10;
  EXPECT_EQ(names(""), "ab|ab");
  set.shards[1].region = set.shards[2].region = "eu";
  EXPECT_EQ(names("eu"), "b|b");
  EXPECT_EQ(names("us"), "ab|ab");
  EXPECT_EQ(names(""), "ab|ab");
  set.shards[1].state = ShardState::kSoftDown;
  EXPECT_EQ(names("eu"), "a|a") << "priority goes before region";
  set.shards[0].admin = AdminState::kDrain;
  EXPECT_EQ(names("eu"), "c|c");
  set.shards[2].weight = 0;
  EXPECT_EQ(names("eu"), "d|c");
  set.shards[2].state = set.shards[3].state = ShardState::kDown;
  EXPECT_EQ(names("eu"), "|b") << "a shard that only keeps its rooms is better than none";
  set.shards[0].state = set.shards[1].state = ShardState::kStarting;
  EXPECT_EQ(names("eu"), "|");
  EXPECT_EQ(Place({}, {}), nullptr);
}

}  // namespace
}  // namespace room_router
