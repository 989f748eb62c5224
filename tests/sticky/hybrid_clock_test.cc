// SPDX-License-Identifier: Apache-2.0
#include "sticky/hybrid_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace room_router {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};
constexpr uint64_t kWall = 1'800'000'000'000;

HybridTime Ms(uint64_t ms) { return ms << 16; }

TEST(HybridClock, IsWallTimeThatRunsOn) {
  HybridClock clock(7, kWall, kStart);
  EXPECT_EQ(clock.Next(kStart), (Stamp{.time = Ms(kWall), .replica = 7}));
  EXPECT_EQ(clock.Next(kStart + 1500ms).time, Ms(kWall + 1500));
}

TEST(HybridClock, CountsWithinAMillisecond) {
  HybridClock clock(7, kWall, kStart);
  EXPECT_EQ(clock.Next(kStart).time, Ms(kWall));
  EXPECT_EQ(clock.Next(kStart + 400us).time, Ms(kWall) + 1);
  EXPECT_EQ(clock.Next(kStart).time, Ms(kWall) + 2);
}

TEST(HybridClock, NeverGoesBack) {
  HybridClock clock(7, kWall, kStart);
  const Stamp late = clock.Next(kStart + 1h);
  EXPECT_GT(clock.Next(kStart), late);
  EXPECT_GT(clock.Next(kStart - 2h), late) << "from before it was made";
}

TEST(HybridClock, ACounterThatOverflowsCarries) {
  HybridClock clock(7, kWall, kStart);
  HybridTime last = 0;
  for (int i = 0; i < 70'000; ++i) {
    const HybridTime next = clock.Next(kStart).time;
    ASSERT_GT(next, last);
    last = next;
  }
  EXPECT_EQ(last, Ms(kWall) + 69'999);
  EXPECT_EQ(clock.Next(kStart + 10ms).time, Ms(kWall + 10)) << "wall time has caught up";
}

TEST(HybridClock, FollowsWhatItObserves) {
  HybridClock clock(7, kWall, kStart);
  EXPECT_TRUE(clock.Observe(Ms(kWall + 300'000), kStart));
  EXPECT_EQ(clock.Next(kStart).time, Ms(kWall + 300'000) + 1);
  EXPECT_TRUE(clock.Observe(Ms(kWall - 300'000), kStart)) << "the past changes nothing";
  EXPECT_EQ(clock.Next(kStart).time, Ms(kWall + 300'000) + 2);
}

TEST(HybridClock, DoesNotBelieveWhatIsFarAhead) {
  HybridClock clock(7, kWall, kStart);
  const HybridTime hour = Ms(kWall + 3'600'000);
  EXPECT_FALSE(clock.Observe(hour + 1, kStart));
  EXPECT_FALSE(clock.Observe(~HybridTime{0}, kStart));
  EXPECT_EQ(clock.Next(kStart).time, Ms(kWall));
  EXPECT_TRUE(clock.Observe(hour, kStart));
  EXPECT_EQ(clock.Next(kStart).time, hour + 1);
  EXPECT_TRUE(clock.Observe(hour + 1, kStart + 1ms)) << "the limit moves with time";
}

TEST(HybridClock, OrdersReplicasOfOneMoment) {
  HybridClock one(1, kWall, kStart), two(2, kWall, kStart);
  EXPECT_LT(one.Next(kStart), two.Next(kStart));
}

TEST(HybridClock, ManyThreadsNeverGetTheSame) {
  constexpr size_t kThreads = 4, kEach = 20'000;
  HybridClock clock(7, kWall, kStart);
  std::vector<std::vector<HybridTime>> times(kThreads);
  std::atomic<size_t> ready{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ++ready;
      while (ready < kThreads) std::this_thread::yield();
      for (size_t i = 0; i < kEach; ++i) {
        const TimePoint now = kStart + std::chrono::microseconds(i);
        if (i % 100 == t) clock.Observe(Ms(kWall + i / 10), now);
        times[t].push_back(clock.Next(now).time);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::vector<HybridTime> all;
  for (const auto& of_thread : times) {
    EXPECT_TRUE(std::is_sorted(of_thread.begin(), of_thread.end()));
    all.insert(all.end(), of_thread.begin(), of_thread.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace room_router
