// SPDX-License-Identifier: Apache-2.0
#include "discovery/target_hold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace room_router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart{1h};
constexpr Duration kHold = 30s;

ServiceTarget Target(const std::string& name, const std::string& ip, uint16_t weight = 10,
                     uint16_t priority = 0) {
  ServiceTarget target;
  target.name = name;
  target.port = 80;
  target.weight = weight;
  target.priority = priority;
  if (!ip.empty()) target.addresses = {*SocketAddress::FromIp(ip, 80)};
  return target;
}

ServiceAnswer Found(std::vector<ServiceTarget> targets) {
  return {.outcome = LookupOutcome::kFound, .ttl = 5s, .targets = std::move(targets)};
}

ServiceAnswer Empty(LookupOutcome outcome) { return {.outcome = outcome}; }

// "a=10.0.0.1 b=10.0.0.2(obsolete)"
std::string Show(const TargetHold& hold) {
  std::string text;
  for (const auto& [key, target] : hold.targets()) {
    text += (text.empty() ? "" : " ") + key.first + "=";
    for (const SocketAddress& address : target.addresses) text += address.Ip();
    if (target.obsolete_since) text += "(obsolete)";
  }
  return text;
}

TEST(TargetHold, DroppedTargetStaysForTheHoldAndCanComeBack) {
  TargetHold hold;
  EXPECT_FALSE(hold.answered());
  hold.Receive(Found({Target("a", "10.0.0.1"), Target("b", "10.0.0.2")}), kStart);
  EXPECT_TRUE(hold.answered());
  EXPECT_EQ(hold.NextDeadline(kHold), std::nullopt);
  const auto lost = hold.Receive(Found({Target("b", "10.0.0.2")}), kStart + 1s);
  EXPECT_THAT(lost, ElementsAre("a"));
  EXPECT_EQ(Show(hold), "a=10.0.0.1(obsolete) b=10.0.0.2");
  EXPECT_EQ(hold.NextDeadline(kHold), kStart + 31s);
  EXPECT_THAT(hold.Receive(Found({Target("b", "10.0.0.2")}), kStart + 6s), IsEmpty());
  EXPECT_EQ(hold.NextDeadline(kHold), kStart + 31s) << "the first answer without it counts";
  hold.Receive(Found({Target("a", "10.0.0.1"), Target("b", "10.0.0.2")}), kStart + 20s);
  EXPECT_EQ(Show(hold), "a=10.0.0.1 b=10.0.0.2");
  hold.Receive(Found({Target("b", "10.0.0.2")}), kStart + 40s);
  EXPECT_FALSE(hold.Tick(kHold, kStart + 69s));
  EXPECT_TRUE(hold.Tick(kHold, kStart + 70s));
  EXPECT_EQ(Show(hold), "b=10.0.0.2");
}

TEST(TargetHold, FailuresChangeNothingForEver) {
  TargetHold hold;
  hold.Receive(Empty(LookupOutcome::kFailed), kStart);
  EXPECT_FALSE(hold.answered());
  hold.Receive(Found({Target("a", "10.0.0.1")}), kStart);
  for (int hour = 1; hour < 1000; ++hour) {
    hold.Receive(Empty(LookupOutcome::kFailed), kStart + hour * 1h);
    EXPECT_FALSE(hold.Tick(kHold, kStart + hour * 1h));
  }
  EXPECT_EQ(Show(hold), "a=10.0.0.1");
}

TEST(TargetHold, AnAuthoritativeNothingDropsAllAfterTheHold) {
  TargetHold hold;
  hold.Receive(Found({Target("a", "10.0.0.1"), Target("b", "10.0.0.2")}), kStart);
  EXPECT_THAT(hold.Receive(Empty(LookupOutcome::kAbsent), kStart), ElementsAre("a", "b"));
  EXPECT_EQ(Show(hold), "a=10.0.0.1(obsolete) b=10.0.0.2(obsolete)");
  EXPECT_TRUE(hold.Tick(kHold, kStart + kHold));
  EXPECT_EQ(Show(hold), "");
  EXPECT_TRUE(hold.answered());
}

TEST(TargetHold, NewAddressReplacesTheOldAtOnce) {
  TargetHold hold;
  hold.Receive(Found({Target("a", "10.0.0.1")}), kStart);
  EXPECT_THAT(hold.Receive(Found({Target("a", "10.0.0.9")}), kStart), IsEmpty());
  EXPECT_EQ(Show(hold), "a=10.0.0.9");
}

TEST(TargetHold, NewPortReplacesTheOldAtOnce) {
  TargetHold hold;
  hold.Receive(Found({Target("a", "10.0.0.1"), Target("b", "10.0.0.2")}), kStart);
  ServiceTarget moved = Target("a", "10.0.0.9");
  moved.port = 8000;
  EXPECT_THAT(hold.Receive(Found({moved}), kStart), ElementsAre("b"));
  EXPECT_EQ(Show(hold), "a=10.0.0.9 b=10.0.0.2(obsolete)");
}

TEST(TargetHold, PartialAnswerKeepsWhatItLacks) {
  TargetHold hold;
  ServiceTarget both = Target("a", "10.0.0.1");
  both.addresses.push_back(*SocketAddress::FromIp("fd00::1", 80));
  hold.Receive(Found({both}), kStart);
  ServiceTarget only_v4 = Target("a", "10.0.0.2");
  only_v4.partial = true;
  hold.Receive(Found({only_v4}), kStart);
  EXPECT_EQ(Show(hold), "a=10.0.0.2fd00::1");
  ServiceTarget nothing = Target("a", "");
  nothing.partial = true;
  hold.Receive(Found({nothing}), kStart);
  EXPECT_EQ(Show(hold), "a=10.0.0.2fd00::1");
  EXPECT_THAT(hold.Receive(Found({Target("a", "")}), kStart), ElementsAre("a"))
      << "a target without any address is a dropped one";
}

TEST(TargetHold, WeightsOfAPriorityThatAreAllZeroAreEqual) {
  TargetHold hold;
  hold.Receive(Found({Target("a", "10.0.0.1", 0, 0), Target("b", "10.0.0.2", 0, 0),
                      Target("c", "10.0.0.3", 0, 1), Target("d", "10.0.0.4", 7, 1)}),
               kStart);
  std::vector<double> weights;
  for (const auto& [key, target] : hold.targets()) weights.push_back(target.weight);
  EXPECT_THAT(weights, ElementsAre(100, 100, 0, 7));
}

TEST(TargetHold, OrderOfTheAnswerDoesNotMatter) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<ServiceTarget> targets;
  for (int i = 0; i < 50; ++i) {
    targets.push_back(Target("t" + std::to_string(i), "10.0.0." + std::to_string(i)));
  }
  TargetHold sorted;
  sorted.Receive(Found(targets), kStart);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(targets.begin(), targets.end(), random);
    TargetHold shuffled;
    shuffled.Receive(Found(targets), kStart);
    EXPECT_EQ(Show(shuffled), Show(sorted));
  }
}

}  // namespace
}  // namespace room_router
