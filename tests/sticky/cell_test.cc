// SPDX-License-Identifier: Apache-2.0
#include "sticky/cell.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace room_router {
namespace {

constexpr HybridTime kNow = HybridTime{1'800'000'000'000} << 16;

Binding Bound(uint32_t epoch, HybridTime time, uint64_t replica = 1) {
  return {.epoch = epoch, .stamp = {.time = time, .replica = replica}};
}

// Of few replicas whose clocks are up to five minutes wrong, with times that often coincide.
Cell RandomCell(std::mt19937& random) {
  const auto time = [&random] {
    const auto skew_ms = static_cast<HybridTime>(random() % 600) * 1000;
    return kNow + (skew_ms << 16) + random() % 3;
  };
  return {.binding = {.epoch = static_cast<uint32_t>(random() % 3),
                      .stamp = {.time = time(), .replica = random() % 4},
                      .tombstone = random() % 4 == 0},
          .renewed = time()};
}

TEST(Cell, TheHigherEpochWins) {
  EXPECT_GT(Bound(2, 100), Bound(1, 100));
  EXPECT_GT(Bound(2, 200), Bound(1, 100)) << "however late";
  Binding tombstone = Bound(2, 200);
  tombstone.tombstone = true;
  EXPECT_GT(tombstone, Bound(1, 100));
  EXPECT_GT(Bound(3, 300), tombstone);
}

TEST(Cell, WithinAnEpochWhoWasThereFirst) {
  EXPECT_GT(Bound(1, 100), Bound(1, 101));
  EXPECT_GT(Bound(1, 100, 1), Bound(1, 100, 2)) << "at one moment, the smaller replica";
  EXPECT_EQ(Bound(1, 100), Bound(1, 100));
}

TEST(Cell, PartsAreJoinedEachForItself) {
  const Cell older{.binding = Bound(0, 100), .renewed = 500};
  const Cell moved{.binding = Bound(1, 300), .renewed = 300};
  EXPECT_EQ(Join(older, moved), (Cell{.binding = Bound(1, 300), .renewed = 500}));
}

TEST(Cell, JoinIsALattice) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Cell a = RandomCell(random), b = RandomCell(random), c = RandomCell(random);
    ASSERT_EQ(Join(a, b), Join(b, a));
    ASSERT_EQ(Join(Join(a, b), c), Join(a, Join(b, c)));
    ASSERT_EQ(Join(a, a), a);
    const Cell both = Join(a, b);
    ASSERT_EQ(Join(both, a), both) << "an upper bound";
    ASSERT_GE(both.binding, a.binding);
    ASSERT_GE(both.renewed, a.renewed);
  }
}

TEST(Cell, BindingsAreTotallyOrdered) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const Binding a = RandomCell(random).binding, b = RandomCell(random).binding;
    ASSERT_EQ((a <=> b) == 0, a == b);
    ASSERT_EQ(a<b, b> a);
  }
}

TEST(Cell, DigestsTellCellsApart) {
  const RoomKey key{.high = 1, .low = 2};
  const Cell cell{.binding = Bound(1, 100), .renewed = 200};
  std::vector<Cell> others(5, cell);
  ++others[0].binding.epoch;
  ++others[1].binding.stamp.time;
  ++others[2].binding.stamp.replica;
  others[3].binding.tombstone = true;
  ++others[4].renewed;
  std::set<uint64_t> digests{DigestOf(KeyNamespace::kRoom, key, cell),
                             DigestOf(KeyNamespace::kWhiteboard, key, cell),
                             DigestOf(KeyNamespace::kEtherpad, key, cell),
                             DigestOf(KeyNamespace::kRoom, {.high = 2, .low = 1}, cell)};
  for (const Cell& other : others) digests.insert(DigestOf(KeyNamespace::kRoom, key, other));
  EXPECT_EQ(digests.size(), 9U);
}

// Replicas of all versions must agree on these.
TEST(Cell, GoldenDigestAndBucket) {
  const RoomKey key{.high = 0x0123456789ABCDEF, .low = 0xFEDCBA9876543210};
  const Cell cell{.binding = {.epoch = 3, .stamp = {.time = kNow, .replica = 42}},
                  .renewed = kNow + 5};
  EXPECT_EQ(DigestOf(KeyNamespace::kRoom, key, cell), 0x0DB2C9A5DFDDBC74U);
  EXPECT_EQ(BucketOf(key), 0x167U);
}

}  // namespace
}  // namespace room_router
