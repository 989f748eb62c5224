// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_health.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace room_router {
namespace {

EndpointSays Says(Health checks, const std::string& agent = "") {
  return {.checks = checks, .agent = *ParseAgentReply(agent + "\n")};
}

constexpr Health kBad = Health::kBad, kUnknown = Health::kUnknown, kSoft = Health::kSoft,
                 kGood = Health::kGood;

TEST(ShardHealth, Sums) {
  struct Case {
    std::vector<EndpointSays> endpoints;
    Health best;
    const char* agent;
    double weight;
  };
  const std::vector<Case> cases = {
      {{}, kBad, "ready", 1},
      {{Says(kUnknown)}, kUnknown, "ready", 1},
      {{Says(kBad), Says(kSoft)}, kSoft, "ready", 1},
      {{Says(kGood, "up")}, kGood, "ready", 1},
      {{Says(kGood, "down")}, kBad, "ready", 1},
      {{Says(kGood, "fail"), Says(kSoft)}, kSoft, "ready", 1},
      {{Says(kBad, "up")}, kBad, "ready", 1},
      // drain: when all of the best do
      {{Says(kGood, "drain")}, kGood, "drain", 1},
      {{Says(kGood, "drain"), Says(kGood)}, kGood, "ready", 1},
      {{Says(kGood, "drain"), Says(kGood, "drain")}, kGood, "drain", 1},
      {{Says(kGood, "drain"), Says(kSoft)}, kGood, "drain", 1},
      {{Says(kGood, "drain"), Says(kGood, "down")}, kGood, "drain", 1},
      // maint: left out, unless all are
      {{Says(kGood, "maint")}, kGood, "maint", 1},
      {{Says(kGood, "maint"), Says(kGood, "maint")}, kGood, "maint", 1},
      {{Says(kGood, "maint"), Says(kSoft)}, kSoft, "ready", 1},
      {{Says(kGood, "maint"), Says(kBad)}, kBad, "ready", 1},
      {{Says(kGood, "maint"), Says(kGood, "drain")}, kGood, "drain", 1},
      {{Says(kGood, "maint 10%"), Says(kGood, "90%")}, kGood, "ready", 0.9},
      // weight: the mean of what the best say
      {{Says(kGood, "50%")}, kGood, "ready", 0.5},
      {{Says(kGood, "0%")}, kGood, "ready", 0},
      {{Says(kGood, "200%")}, kGood, "ready", 2},
      {{Says(kGood, "50%"), Says(kGood)}, kGood, "ready", 0.5},
      {{Says(kGood, "50%"), Says(kGood, "100%")}, kGood, "ready", 0.75},
      {{Says(kGood, "50%"), Says(kSoft, "100%")}, kGood, "ready", 0.5},
      {{Says(kGood, "50% down"), Says(kGood, "100%")}, kGood, "ready", 1},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    const ShardHealth sum = AddUp(cases[i].endpoints);
    EXPECT_EQ(ToString(sum.best), ToString(cases[i].best)) << i;
    EXPECT_EQ(ToString(sum.agent), cases[i].agent) << i;
    EXPECT_DOUBLE_EQ(sum.weight, cases[i].weight) << i;
  }
}

}  // namespace
}  // namespace room_router
