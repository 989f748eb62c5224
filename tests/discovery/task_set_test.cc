// SPDX-License-Identifier: Apache-2.0
#include "discovery/task_set.h"

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "discovery/alarm.h"
#include "tests/discovery/loop.h"

namespace room_router {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> WaitFor(std::shared_ptr<asio::steady_timer> timer, int& ended) {
  co_await timer->async_wait(kAwait);
  ++ended;
}

class TaskSetTest : public testing::Test {
 protected:
  void SpawnWaiter() {
    auto timer = std::make_shared<asio::steady_timer>(io_, Clock::time_point::max());
    tasks_.Spawn(WaitFor(timer, ended_), [this, timer] {
      ++closed_;
      timer->cancel();
    });
  }
  asio::io_context io_{1};
  TaskSet tasks_{io_};
  int ended_ = 0, closed_ = 0, drained_ = 0;
};

TEST_F(TaskSetTest, CloseAllEndsEveryTaskThenSaysSo) {
  for (int i = 0; i < 10; ++i) SpawnWaiter();
  io_.poll();
  EXPECT_EQ(tasks_.size(), 10U);
  tasks_.CloseAll([this] {
    EXPECT_EQ(ended_, 10);
    ++drained_;
  });
  EXPECT_EQ(drained_, 0);
  io_.run();
  EXPECT_EQ(closed_, 10);
  EXPECT_EQ(drained_, 1);
  EXPECT_TRUE(tasks_.empty());
}

TEST_F(TaskSetTest, ATaskThatEndedIsNotClosed) {
  auto timer = std::make_shared<asio::steady_timer>(io_, 0ms);
  tasks_.Spawn(WaitFor(timer, ended_), [this] { ++closed_; });
  io_.run();
  EXPECT_TRUE(tasks_.empty());
  tasks_.CloseAll([this] { ++drained_; });
  EXPECT_EQ(drained_, 1) << "nothing to wait for";
  EXPECT_EQ(closed_, 0);
}

TEST(Alarm, OnlyTheLastSettingRings) {
  asio::io_context io{1};
  int rings = 0;
  {
    Alarm alarm(io, [&] { ++rings; });
    alarm.Set(Clock::now());
    alarm.Set(Clock::now());
    EXPECT_TRUE(alarm.is_set());
    io.run();
    EXPECT_EQ(rings, 1);
    EXPECT_FALSE(alarm.is_set());
    alarm.Set(Clock::now());
    alarm.Cancel();
    io.restart();
    io.run();
    EXPECT_EQ(rings, 1);
    alarm.Set(Clock::now());
  }
  io.restart();
  io.run();
  EXPECT_EQ(rings, 1) << "rang after its end";
}

}  // namespace
}  // namespace room_router
