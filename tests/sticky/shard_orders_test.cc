// SPDX-License-Identifier: Apache-2.0
#include "sticky/shard_orders.h"

#include <gtest/gtest.h>

#include "tests/sticky/replica.h"

namespace room_router {
namespace {

using test::kStart;
using namespace std::chrono_literals;

TEST(ShardOrders, TheLastOneStands) {
  HybridClock clock(1, test::kWallMs, kStart);
  AdminCells cells(clock);
  ShardOrders orders(cells);
  EXPECT_EQ(orders.State("shard-0"), std::nullopt);
  EXPECT_TRUE(orders.SetState("shard-0", AdminState::kDrain, kStart));
  EXPECT_TRUE(orders.SetState("shard-1", AdminState::kMaint, kStart));
  EXPECT_EQ(orders.State("shard-0"), AdminState::kDrain);
  EXPECT_TRUE(orders.SetState("shard-0", AdminState::kReady, kStart));
  EXPECT_EQ(orders.State("shard-0"), AdminState::kReady);
  EXPECT_EQ(orders.State("shard-1"), AdminState::kMaint);
}

TEST(ShardOrders, OfTwoReplicasTheLaterOneWinsOnBoth) {
  HybridClock one_clock(1, test::kWallMs, kStart), other_clock(2, test::kWallMs, kStart);
  AdminCells one_cells(one_clock), other_cells(other_clock);
  ShardOrders one(one_cells), other(other_cells);
  one.SetState("shard-0", AdminState::kMaint, kStart);
  other.SetState("shard-0", AdminState::kDrain, kStart + 1s);
  for (const auto& cell : one_cells.TakeChanges()) other_cells.Merge(cell, kStart + 2s);
  for (const auto& cell : other_cells.TakeChanges()) one_cells.Merge(cell, kStart + 2s);
  EXPECT_EQ(one.State("shard-0"), AdminState::kDrain);
  EXPECT_EQ(other.State("shard-0"), AdminState::kDrain);
}

TEST(ShardOrders, WhatALaterVersionOrdersIsNoOrderHere) {
  HybridClock clock(1, test::kWallMs, kStart);
  AdminCells cells(clock);
  cells.Set("shard/shard-0/state", "hibernate", kStart);
  EXPECT_EQ(ShardOrders(cells).State("shard-0"), std::nullopt);
}

TEST(ShardOrders, TooMuchIsRefused) {
  HybridClock clock(1, test::kWallMs, kStart);
  AdminCells cells(clock);
  const std::string name(AdminCells::kMaxNameBytes, 's');
  EXPECT_FALSE(ShardOrders(cells).SetState(name, AdminState::kDrain, kStart));
}

}  // namespace
}  // namespace room_router
