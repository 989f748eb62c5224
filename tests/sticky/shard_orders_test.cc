// SPDX-License-Identifier: Apache-2.0
#include "sticky/shard_orders.h"

#include <gtest/gtest.h>

#include "tests/sticky/replica.h"

namespace room_router {
namespace {

using test::kStart;
using namespace std::chrono_literals;

constexpr auto kDrain = AdminState::kDrain;
constexpr auto kMaint = AdminState::kMaint;
constexpr auto kReady = AdminState::kReady;

WeightOrder Absolute(double amount) { return {.amount = amount, .percent = false}; }
WeightOrder Percent(double amount) { return {.amount = amount, .percent = true}; }

ShardSet Shards(const std::vector<std::string>& names) {
  ShardSet set;
  for (const std::string& name : names) set.shards.push_back({.name = name});
  return set;
}

class OneReplica {
 public:
  explicit OneReplica(uint64_t id) : clock_(id, test::kWallMs, kStart) {}

  void Hear(OneReplica& other, TimePoint now) {
    for (const auto& cell : other.cells.TakeChanges()) cells.Merge(cell, now);
  }

 private:
  HybridClock clock_;

 public:
  AdminCells cells{clock_};
  ShardOrders orders{cells};
};

TEST(ShardOrders, TheLastOneStands) {
  OneReplica one(1);
  EXPECT_EQ(one.orders.Of("shard-0", false), ShardOrder());
  EXPECT_TRUE(one.orders.Give("shard-0", kDrain, kStart));
  EXPECT_TRUE(one.orders.Give("shard-1", kMaint, kStart));
  EXPECT_EQ(one.orders.Of("shard-0", false).state, kDrain);
  EXPECT_TRUE(one.orders.Give("shard-0", kReady, kStart + 5s));
  EXPECT_EQ(one.orders.Of("shard-0", false),
            (ShardOrder{.state = kReady, .given = true, .since = kStart + 5s}));
  EXPECT_EQ(one.orders.Of("shard-1", false).state, kMaint);
}

TEST(ShardOrders, OfTwoReplicasTheLaterOneWinsOnBoth) {
  OneReplica one(1), other(2);
  one.orders.Give("shard-0", kMaint, kStart);
  one.orders.Give("shard-0", Absolute(7), kStart + 1s);
  other.orders.Give("shard-0", Percent(50), kStart);
  other.orders.Give("shard-0", kDrain, kStart + 1s);
  other.Hear(one, kStart + 2s);
  one.Hear(other, kStart + 2s);
  const ShardOrder both{
      .state = kDrain, .given = true, .since = kStart + 1s, .weight = Absolute(7)};
  EXPECT_EQ(one.orders.Of("shard-0", false), both);
  EXPECT_EQ(other.orders.Of("shard-0", false), both);
}

// Ready here as far as this replica knows; the other one ordered something else meanwhile.
TEST(ShardOrders, OneThatChangesNothingHereStandsAgainstAnEarlierOneElsewhere) {
  OneReplica one(1), other(2);
  one.orders.Give("shard-0", kReady, kStart);
  one.orders.Give("shard-0", Absolute(50), kStart);
  other.Hear(one, kStart);
  one.orders.Give("shard-0", kDrain, kStart + 1s);
  one.orders.Give("shard-0", Absolute(0), kStart + 1s);
  other.orders.Give("shard-0", kReady, kStart + 2s);
  other.orders.Give("shard-0", Absolute(50), kStart + 2s);
  other.Hear(one, kStart + 3s);
  one.Hear(other, kStart + 3s);
  const ShardOrder both{
      .state = kReady, .given = true, .since = kStart + 2s, .weight = Absolute(50)};
  EXPECT_EQ(one.orders.Of("shard-0", false), both);
  EXPECT_EQ(other.orders.Of("shard-0", false), both);
}

TEST(ShardOrders, WhatALaterVersionOrdersIsNoOrderHere) {
  OneReplica one(1);
  one.cells.Set("shard/shard-0/state", "hibernate", kStart);
  one.cells.Set("shard/shard-0/weight", "heavy", kStart);
  EXPECT_EQ(one.orders.Of("shard-0", false), ShardOrder());
}

TEST(ShardOrders, TooMuchIsRefused) {
  OneReplica one(1);
  const std::string name(AdminCells::kMaxNameBytes, 's');
  EXPECT_FALSE(one.orders.Give(name, kDrain, kStart));
  EXPECT_FALSE(one.orders.Give(name, Absolute(1), kStart));
}

TEST(ShardOrders, WeightsAreWrittenAsTheyAreRead) {
  const std::pair<const char*, WeightOrder> cases[] = {
      {"0", Absolute(0)}, {"256", Absolute(256)}, {"0%", Percent(0)}, {"150%", Percent(150)}};
  for (const auto& [text, weight] : cases) {
    const auto read = ReadWeight(text);
    ASSERT_TRUE(std::holds_alternative<WeightOrder>(read)) << text;
    EXPECT_EQ(std::get<WeightOrder>(read), weight) << text;
    EXPECT_EQ(ToString(weight), text);
  }
  EXPECT_EQ(std::get<WeightOrder>(ReadWeight("99999999999999999999%")), Percent(25'600));
  for (const char* text : {"", "257", "-1", "-1%", "1.5", "99999999999999999999", " 1", "1 %"}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(ReadWeight(text))) << text;
  }
}

TEST(ShardOrders, WithInitialDrainThoseFoundFirstAreReadyAndLaterOnesDrain) {
  OneReplica one(1);
  EXPECT_EQ(one.orders.Of("shard-0", true).state, kDrain) << "nothing is known yet";
  one.orders.Meet(Shards({"shard-0", "shard-1"}), kStart);
  one.orders.Meet(Shards({"shard-0", "shard-1", "shard-2"}), kStart + 1s);
  EXPECT_EQ(one.orders.Of("shard-0", true).state, kReady);
  EXPECT_EQ(one.orders.Of("shard-1", true).state, kReady);
  EXPECT_EQ(one.orders.Of("shard-2", true), (ShardOrder{.state = kDrain, .since = kStart + 1s}));
  EXPECT_EQ(one.orders.Of("shard-2", false), ShardOrder()) << "switched off";
  one.orders.Give("shard-2", kReady, kStart + 2s);
  EXPECT_EQ(one.orders.Of("shard-2", true).state, kReady);
}

TEST(ShardOrders, AReplicaThatJoinsKnowsWhichShardsWereFirst) {
  OneReplica one(1), other(2);
  one.orders.Meet(Shards({"shard-0"}), kStart);
  other.Hear(one, kStart + 1s);
  other.orders.Meet(Shards({"shard-0", "shard-1"}), kStart + 1s);
  EXPECT_EQ(other.orders.Of("shard-0", true).state, kReady);
  EXPECT_EQ(other.orders.Of("shard-1", true).state, kDrain);
}

TEST(ShardOrders, NotingAShardLateOutdoesNoOrder) {
  OneReplica one(1), other(2);
  one.orders.Meet(Shards({"shard-0"}), kStart);
  other.Hear(one, kStart);
  one.orders.Give("shard-1", kReady, kStart + 1s);
  other.orders.Meet(Shards({"shard-0", "shard-1"}), kStart + 2s);
  one.Hear(other, kStart + 3s);
  other.Hear(one, kStart + 3s);
  EXPECT_EQ(one.orders.Of("shard-1", true).state, kReady);
  EXPECT_EQ(other.orders.Of("shard-1", true).state, kReady);
}

}  // namespace
}  // namespace room_router
