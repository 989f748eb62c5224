// SPDX-License-Identifier: Apache-2.0
#include "discovery/refresh_schedule.h"

#include <gtest/gtest.h>

#include <random>

namespace room_router {
namespace {

using namespace std::chrono_literals;

const config::ShardDiscovery kLimits{.refresh_min = 1s, .refresh_max = 30s};

ServiceAnswer Answer(LookupOutcome outcome, Duration ttl = {}) {
  return {.outcome = outcome, .ttl = ttl};
}

TEST(RefreshSchedule, TtlIsClamped) {
  RefreshSchedule schedule;
  const std::pair<Duration, Duration> cases[] = {{0s, 1s},   {500ms, 1s}, {5s, 5s},
                                                 {30s, 30s}, {1h, 30s},   {1000000h, 30s}};
  for (const auto& [ttl, delay] : cases) {
    EXPECT_EQ(schedule.After(Answer(LookupOutcome::kFound, ttl), kLimits, 0), delay);
  }
  EXPECT_EQ(schedule.After(Answer(LookupOutcome::kAbsent), kLimits, 0), 5s);
}

TEST(RefreshSchedule, FailuresBackOffUntilAnAnswer) {
  RefreshSchedule schedule;
  for (const Duration delay : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    EXPECT_EQ(schedule.After(Answer(LookupOutcome::kFailed), kLimits, 0), delay);
  }
  for (int i = 0; i < 100; ++i) schedule.After(Answer(LookupOutcome::kFailed), kLimits, 0);
  EXPECT_EQ(schedule.After(Answer(LookupOutcome::kFailed), kLimits, 0), 30s);
  schedule.After(Answer(LookupOutcome::kFound, 5s), kLimits, 0);
  EXPECT_EQ(schedule.failures(), 0);
  EXPECT_EQ(schedule.After(Answer(LookupOutcome::kFailed), kLimits, 0), 1s);
}

TEST(RefreshSchedule, JitterShortensByATenthAtMost) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Duration lowest = 1h, highest = 0s;
  for (int i = 0; i < 2000; ++i) {
    RefreshSchedule schedule;
    const auto delay = schedule.After(Answer(LookupOutcome::kFound, 10s), kLimits,
                                      static_cast<uint32_t>(random()));
    lowest = std::min(lowest, delay);
    highest = std::max(highest, delay);
  }
  EXPECT_GE(lowest, 9s);
  EXPECT_LT(lowest, 9100ms);
  EXPECT_LE(highest, 10s);
  EXPECT_GT(highest, 9900ms);
}

}  // namespace
}  // namespace room_router
