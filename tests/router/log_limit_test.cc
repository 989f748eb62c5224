// SPDX-License-Identifier: Apache-2.0
#include "router/log_limit.h"

#include <gtest/gtest.h>

namespace room_router {
namespace {

using config::LogLevel;
using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

int Admitted(LogLimit& limit, const std::string& line, int times, TimePoint now) {
  int admitted = 0;
  for (int i = 0; i < times; ++i) admitted += limit.Admit(LogLevel::kWarning, line, now) ? 1 : 0;
  return admitted;
}

TEST(LogLimit, AStormBecomesAFewLinesAndOneWithItsNumber) {
  LogLimit limit;
  EXPECT_EQ(Admitted(limit, "refused", 10'000, kStart), static_cast<int>(LogLimit::kBurst));
  EXPECT_EQ(limit.suppressed(), 10'000 - LogLimit::kBurst);
  EXPECT_TRUE(limit.TakeEnded(kStart + LogLimit::kWindow - 1ms).empty());
  const auto ended = limit.TakeEnded(kStart + LogLimit::kWindow);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].line, "refused");
  EXPECT_EQ(ended[0].level, LogLevel::kWarning);
  EXPECT_EQ(ended[0].suppressed, 10'000 - LogLimit::kBurst);
  EXPECT_EQ(limit.lines(), 0u);
  EXPECT_EQ(Admitted(limit, "refused", 1, kStart + 2 * LogLimit::kWindow), 1);
}

TEST(LogLimit, DifferentLinesDoNotHoldEachOtherBack) {
  LogLimit limit;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(limit.Admit(LogLevel::kInfo, "shard-" + std::to_string(i), kStart));
  }
  EXPECT_EQ(limit.suppressed(), 0u);
  EXPECT_TRUE(limit.TakeEnded(kStart + LogLimit::kWindow).empty());
}

TEST(LogLimit, WindowsEndEachAtItsOwnTime) {
  LogLimit limit;
  Admitted(limit, "a", 7, kStart);
  Admitted(limit, "b", 8, kStart + 30s);
  auto ended = limit.TakeEnded(kStart + 60s);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].line, "a");
  Admitted(limit, "a", 6, kStart + 61s);
  ended = limit.TakeAll();
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(ended[0].suppressed, 1u);
  EXPECT_EQ(ended[1].suppressed, 3u);
  EXPECT_EQ(limit.suppressed(), 6u);
}

TEST(LogLimit, RemembersSoManyLinesAndCountsTheOthersTogether) {
  LogLimit limit;
  for (size_t i = 0; i < LogLimit::kMostLines; ++i) {
    ASSERT_TRUE(limit.Admit(LogLevel::kInfo, "line " + std::to_string(i), kStart));
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(limit.Admit(LogLevel::kError, "more " + std::to_string(i), kStart));
  }
  EXPECT_TRUE(limit.Admit(LogLevel::kInfo, "line 7", kStart));
  EXPECT_EQ(limit.lines(), LogLimit::kMostLines + 1);
  const auto ended = limit.TakeAll();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].line, "");
  EXPECT_EQ(ended[0].suppressed, 100u);
}

}  // namespace
}  // namespace room_router
