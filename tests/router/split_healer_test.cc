// SPDX-License-Identifier: Apache-2.0
#include "router/split_healer.h"

#include <gtest/gtest.h>

namespace room_router {
namespace {

constexpr TimePoint kStart{std::chrono::hours(1)};

SplitHealer::Room Room(uint64_t number) { return {.key = {.high = number, .low = number}}; }

TEST(SplitHealerTest, ASingleRoomIsHealedAtOnce) {
  SplitHealer healer(1);
  EXPECT_FALSE(healer.NextDeadline());
  healer.Add(Room(7), kStart);
  ASSERT_TRUE(healer.NextDeadline());
  EXPECT_LE(*healer.NextDeadline(), kStart + SplitHealer::kLeast);
  const auto due = healer.TakeDue(*healer.NextDeadline());
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].key, Room(7).key);
  EXPECT_EQ(due[0].found, kStart);
  EXPECT_EQ(healer.waiting(), 0U);
}

TEST(SplitHealerTest, ManyAreSpreadOutAndEachIsHealedOnceInTime) {
  SplitHealer healer(2);
  constexpr size_t kRooms = 10'000;
  for (uint64_t i = 0; i < kRooms; ++i) healer.Add(Room(i), kStart);
  size_t healed = 0, largest = 0;
  for (TimePoint now = kStart; now <= kStart + SplitHealer::kSpread; now += Duration(100)) {
    const size_t due = healer.TakeDue(now).size();
    healed += due;
    largest = std::max(largest, due);
  }
  EXPECT_EQ(healed, kRooms);
  EXPECT_LT(largest, kRooms / 4);
}

}  // namespace
}  // namespace room_router
