// SPDX-License-Identifier: Apache-2.0
#include "router/engine/timeouts.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace room_router {
namespace {

using namespace std::chrono_literals;

struct Waiter final : Timed {
  void OnTimeout(TimeoutClass timeout) override {
    fired.push_back(timeout);
    if (then) then();
  }
  std::vector<TimeoutClass> fired;
  std::function<void()> then;
};

class TimeoutsTest : public ::testing::Test {
 protected:
  TimeoutsTest() {
    queue.SetDuration(TimeoutClass::kClientIdle, 60s);
    queue.SetDuration(TimeoutClass::kConnect, 5s);
  }
  TimeoutQueue queue;
  TimePoint start{1000s};
};

TEST_F(TimeoutsTest, FiresAtItsDurationAndOnlyOnce) {
  Waiter waiter;
  queue.Arm(waiter, TimeoutClass::kConnect, start);
  queue.Expire(start + 4999ms);
  EXPECT_TRUE(waiter.fired.empty());
  queue.Expire(start + 5s);
  EXPECT_EQ(waiter.fired, std::vector{TimeoutClass::kConnect});
  queue.Expire(start + 100s);
  EXPECT_EQ(waiter.fired.size(), 1U);
  EXPECT_TRUE(queue.empty());
}

TEST_F(TimeoutsTest, ArmingAgainStartsOverAndChangesClass) {
  Waiter waiter;
  queue.Arm(waiter, TimeoutClass::kConnect, start);
  queue.Arm(waiter, TimeoutClass::kClientIdle, start + 4s);
  queue.Expire(start + 63s);
  EXPECT_TRUE(waiter.fired.empty());
  queue.Expire(start + 64s);
  EXPECT_EQ(waiter.fired, std::vector{TimeoutClass::kClientIdle});
}

TEST_F(TimeoutsTest, AHandlerMayDisarmItsNeighboursAndArmItself) {
  Waiter first, second, third;
  for (Waiter* waiter : {&first, &second, &third}) {
    queue.Arm(*waiter, TimeoutClass::kConnect, start);
  }
  first.then = [&] {
    queue.Disarm(second);
    queue.Arm(first, TimeoutClass::kConnect, start + 5s);
  };
  queue.Expire(start + 5s);
  EXPECT_EQ(first.fired.size(), 1U);
  EXPECT_TRUE(second.fired.empty());
  EXPECT_EQ(third.fired.size(), 1U);
  EXPECT_FALSE(queue.empty());
}

TEST_F(TimeoutsTest, ADestroyedWaiterIsForgotten) {
  {
    Waiter waiter;
    queue.Arm(waiter, TimeoutClass::kConnect, start);
  }
  EXPECT_TRUE(queue.empty());
  queue.Expire(start + 10s);
}

}  // namespace
}  // namespace room_router
