// SPDX-License-Identifier: Apache-2.0
#include "discovery/ejection.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace room_router {
namespace {

using namespace std::chrono_literals;

class EjectionTest : public testing::Test {
 protected:
  // As many failures as it takes; returns how long it is out.
  Duration PutOut() {
    for (int i = 1; i < rules_.after; ++i) EXPECT_FALSE(ejection_.Fail(rules_, now_));
    EXPECT_TRUE(ejection_.Fail(rules_, now_));
    return std::chrono::duration_cast<Duration>(ejection_.NextDeadline().value_or(now_) - now_);
  }
  const Ejection::Rules rules_{.after = 3, .shortest = 2s};
  TimePoint now_{1h};
  Ejection ejection_;
};

TEST_F(EjectionTest, FailuresInARowPutItOut) {
  EXPECT_FALSE(ejection_.IsOut(now_));
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(ejection_.Fail(rules_, now_));
    EXPECT_FALSE(ejection_.Fail(rules_, now_));
    i % 2 == 0 ? ejection_.Connect(now_) : ejection_.PassCheck(now_);
  }
  EXPECT_EQ(PutOut(), 2s);
  EXPECT_TRUE(ejection_.IsOut(now_ + 2s - 1ms));
  EXPECT_FALSE(ejection_.IsOut(now_ + 2s));
  ejection_.Tick(now_ + 2s);
  EXPECT_EQ(ejection_.NextDeadline(), std::nullopt);
}

TEST_F(EjectionTest, EachTimeTwiceAsLongToALimit) {
  std::vector<int64_t> seconds;
  for (int i = 0; i < 8; ++i) {
    const Duration out = PutOut();
    seconds.push_back(out / 1s);
    now_ += out;
  }
  EXPECT_EQ(seconds, (std::vector<int64_t>{2, 4, 8, 16, 32, 60, 60, 60}));
}

TEST_F(EjectionTest, AnIntervalLongerThanTheLimitIsTheLength) {
  const Ejection::Rules rules{.after = 1, .shortest = 5min};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ejection_.Fail(rules, now_));
    EXPECT_EQ(ejection_.NextDeadline(), now_ + 5min);
    now_ += 5min;
  }
}

TEST_F(EjectionTest, FailuresWhileItIsOutDoNotCount) {
  PutOut();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(ejection_.Fail(rules_, now_ + 1s));
  now_ += 2s;
  EXPECT_EQ(PutOut(), 4s);
}

TEST_F(EjectionTest, APassedCheckEndsTheFirstTimeOnly) {
  PutOut();
  ejection_.PassCheck(now_);
  EXPECT_FALSE(ejection_.IsOut(now_));
  EXPECT_EQ(PutOut(), 4s);
  ejection_.PassCheck(now_);
  EXPECT_TRUE(ejection_.IsOut(now_));
}

TEST_F(EjectionTest, LengthsStartOverWhenItStays) {
  PutOut();
  now_ += 2s;
  EXPECT_EQ(PutOut(), 4s);
  now_ += 4s + 4s - 1ms;
  EXPECT_EQ(PutOut(), 8s);
  now_ += 8s + 8s;
  EXPECT_EQ(PutOut(), 2s);
}

TEST_F(EjectionTest, LengthsStartOverWithAConnection) {
  PutOut();
  now_ += 2s;
  PutOut();
  ejection_.Connect(now_);  // begun before it was put out
  now_ += 4s;
  EXPECT_EQ(PutOut(), 8s);
  now_ += 8s;
  ejection_.Connect(now_);
  EXPECT_EQ(PutOut(), 2s);
}

TEST_F(EjectionTest, WhateverHappensItComesBack) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    now_ += Duration(random() % 3000);
    const bool was_out = ejection_.IsOut(now_);
    switch (random() % 4) {
      case 0:
        ejection_.Connect(now_);
        ASSERT_EQ(ejection_.IsOut(now_), was_out);
        break;
      case 1:
        ejection_.PassCheck(now_);
        ASSERT_TRUE(was_out || !ejection_.IsOut(now_));
        break;
      default: {
        const bool put_out = ejection_.Fail(rules_, now_);
        ASSERT_EQ(put_out, !was_out && ejection_.IsOut(now_));
      }
    }
    ASSERT_LE(ejection_.NextDeadline().value_or(now_), now_ + Ejection::kLongest);
    ejection_.Tick(now_);
    ASSERT_EQ(ejection_.NextDeadline().has_value(), ejection_.IsOut(now_));
  }
}

}  // namespace
}  // namespace room_router
