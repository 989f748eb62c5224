// SPDX-License-Identifier: Apache-2.0
#include "discovery/endpoint_health.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace room_router {
namespace {

Health FromLetter(char letter) {
  switch (letter) {
    case 'b':
      return Health::kBad;
    case 's':
      return Health::kSoft;
    case 'g':
      return Health::kGood;
    default:
      return Health::kUnknown;
  }
}

TEST(EndpointHealth, RiseAndFall) {
  // results → verdict after each, with rise 2 and fall 3
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"gg", "?g"},         {"bbb", "??b"},     {"bgbgbb", "??????"},   {"bbgg", "???g"},
      {"ggbb", "?ggg"},     {"ggbbb", "?gggb"}, {"ggbbgbb", "?gggggg"}, {"bbbgg", "??bbg"},
      {"bbbgbg", "??bbbb"}, {"ss", "?s"},       {"ggsss", "?gggs"},     {"ggsbs", "?gggs"},
      {"ggssb", "?gggb"},   {"ssgg", "?ssg"},   {"ssbbb", "?sssb"},     {"bbbss", "??bbs"},
      {"bbbsg", "??bbg"},
  };
  for (const auto& [results, verdicts] : cases) {
    EndpointHealth health;
    for (size_t i = 0; i < results.size(); ++i) {
      const Health before = health.verdict();
      const bool changed = health.Record(FromLetter(results[i]), {.rise = 2, .fall = 3});
      EXPECT_EQ(ToString(health.verdict()), ToString(FromLetter(verdicts[i])))
          << results << " at " << i;
      EXPECT_EQ(changed, before != health.verdict());
    }
  }
}

TEST(EndpointHealth, CountsTowardsTheNextVerdict) {
  EndpointHealth health;
  health.Record(Health::kGood, {.rise = 3, .fall = 3});
  EXPECT_EQ(health.fill(), 1);
  health.Record(Health::kGood, {.rise = 3, .fall = 3});
  EXPECT_EQ(health.fill(), 2);
  health.Record(Health::kGood, {.rise = 3, .fall = 3});
  EXPECT_EQ(health.fill(), 0);
  EXPECT_TRUE(health.usable());
}

TEST(EndpointHealth, BelievesWhatIsForcedAndCountsFromThere) {
  constexpr EndpointHealth::Rules kRules{.rise = 2, .fall = 2};
  EndpointHealth health;
  health.Record(Health::kGood, kRules);
  EXPECT_TRUE(health.Force(Health::kBad));
  EXPECT_EQ(health.fill(), 0);
  EXPECT_FALSE(health.Force(Health::kBad));
  EXPECT_FALSE(health.Record(Health::kGood, kRules));
  EXPECT_TRUE(health.Record(Health::kGood, kRules));
  EXPECT_EQ(health.verdict(), Health::kGood);
}

TEST(EndpointHealth, RiseAndFallOfOneBelieveAtOnce) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  EndpointHealth health;
  for (int i = 0; i < 1000; ++i) {
    const Health result = FromLetter("bsg"[random() % 3]);
    health.Record(result, {.rise = 1, .fall = 1});
    ASSERT_EQ(health.verdict(), result);
    ASSERT_EQ(health.fill(), 0);
  }
}

}  // namespace
}  // namespace room_router
