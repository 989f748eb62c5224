// SPDX-License-Identifier: Apache-2.0
#include "discovery/check_schedule.h"

#include <gtest/gtest.h>

#include <random>

namespace room_router {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1h};

TEST(CheckSchedule, NewEndpointsAreDueAtOnceThenEveryInterval) {
  CheckSchedule schedule(8, 1);
  schedule.SetInterval(10s);
  schedule.Follow({4}, kStart);
  EXPECT_EQ(schedule.NextDeadline(), kStart);
  EXPECT_EQ(schedule.Start(kStart), 4U);
  EXPECT_EQ(schedule.Start(kStart), std::nullopt);
  EXPECT_EQ(schedule.NextDeadline(), std::nullopt) << "a running check is not due";
  schedule.Finish(4);
  const auto next = schedule.NextDeadline();
  ASSERT_TRUE(next);
  EXPECT_GE(*next, kStart + 9s);
  EXPECT_LE(*next, kStart + 10s);
  EXPECT_EQ(schedule.Start(*next - 1ms), std::nullopt);
  EXPECT_EQ(schedule.Start(*next), 4U);
}

TEST(CheckSchedule, AtMostSoManyAtOnce) {
  CheckSchedule schedule(2, 1);
  schedule.Follow({1, 2, 3}, kStart);
  const auto first = schedule.Start(kStart);
  const auto second = schedule.Start(kStart);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(schedule.Start(kStart), std::nullopt);
  EXPECT_EQ(schedule.NextDeadline(), std::nullopt);
  schedule.Finish(*first);
  EXPECT_EQ(schedule.Start(kStart), 3U);
  EXPECT_EQ(schedule.running(), 2U);
}

TEST(CheckSchedule, HastenMovesForwardOnly) {
  CheckSchedule schedule(2, 1);
  schedule.SetInterval(10s);
  schedule.Follow({1}, kStart);
  ASSERT_TRUE(schedule.Start(kStart));
  schedule.Hasten(1, kStart + 1s);  // running: about the next one
  EXPECT_EQ(schedule.Start(kStart + 2s), std::nullopt);
  schedule.Finish(1);
  EXPECT_EQ(schedule.NextDeadline(), kStart + 1s);
  schedule.Hasten(1, kStart + 5s);
  EXPECT_EQ(schedule.NextDeadline(), kStart + 1s);
  schedule.Hasten(77, kStart);
  EXPECT_EQ(schedule.NextDeadline(), kStart + 1s);
}

TEST(CheckSchedule, DroppedWhileRunningIsForgottenWhenFinished) {
  CheckSchedule schedule(1, 1);
  schedule.Follow({1}, kStart);
  ASSERT_TRUE(schedule.Start(kStart));
  schedule.Follow({2}, kStart);
  EXPECT_FALSE(schedule.Follows(1));
  EXPECT_EQ(schedule.Start(kStart), std::nullopt) << "its place is still taken";
  schedule.Finish(1);
  EXPECT_EQ(schedule.Start(kStart), 2U);
  schedule.Finish(2);
  schedule.Finish(2);
  EXPECT_EQ(schedule.running(), 0U);
}

TEST(CheckSchedule, RandomUse) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  CheckSchedule schedule(5, 1);
  schedule.SetInterval(100ms);
  std::set<EndpointId> followed, running;
  TimePoint now = kStart;
  for (int step = 0; step < 20000; ++step) {
    now += Duration(random() % 5);
    const auto endpoint = static_cast<EndpointId>(random() % 20);
    switch (random() % 6) {
      case 0: {
        followed.contains(endpoint) ? followed.erase(endpoint) : followed.insert(endpoint).second;
        schedule.Follow({followed.begin(), followed.end()}, now);
        break;
      }
      case 1:
        schedule.Hasten(endpoint, now);
        break;
      case 2:
        if (running.erase(endpoint) > 0) schedule.Finish(endpoint);
        break;
      default:
        if (const auto started = schedule.Start(now)) {
          ASSERT_TRUE(followed.contains(*started));
          ASSERT_TRUE(running.insert(*started).second) << "checked twice at once";
        } else if (running.size() < 5) {
          const auto next = schedule.NextDeadline();
          ASSERT_TRUE(!next || *next > now);
        }
    }
    ASSERT_EQ(schedule.running(), running.size());
    ASSERT_LE(running.size(), 5U);
  }
}

}  // namespace
}  // namespace room_router
