// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_state.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace room_router {
namespace {

using namespace std::chrono_literals;

constexpr ShardStateMachine::Rules kRules{.soft_down_grace = 120s, .dampening = 30s};
const TimePoint kStart{1h};

class ShardStateTest : public testing::Test {
 protected:
  void At(Duration when, Health health) { machine_.Receive(health, kRules, kStart + when); }
  std::string StateAt(Duration when) {
    machine_.Tick(kRules, kStart + when);
    return std::string(ToString(machine_.state()));
  }
  ShardStateMachine machine_{kStart};
};

TEST_F(ShardStateTest, FirstGoodVerdictBringsItUpAtOnce) {
  EXPECT_EQ(StateAt(0s), "starting");
  EXPECT_EQ(StateAt(1h), "starting");
  At(1h, Health::kGood);
  EXPECT_EQ(StateAt(1h), "up");
  EXPECT_EQ(machine_.since(), kStart + 1h);
}

TEST_F(ShardStateTest, NeverUpBeforeMeansNoDampening) {
  At(1s, Health::kBad);
  EXPECT_EQ(StateAt(1s), "soft_down");
  EXPECT_EQ(StateAt(120s), "soft_down");
  EXPECT_EQ(StateAt(121s), "down");
  At(500s, Health::kGood);
  EXPECT_EQ(StateAt(500s), "up");
}

TEST_F(ShardStateTest, HiccupKeepsRoomsAndHoldsNewOnesBackForTheDampening) {
  At(0s, Health::kGood);
  At(10s, Health::kBad);
  EXPECT_EQ(StateAt(10s), "soft_down");
  At(30s, Health::kGood);
  EXPECT_EQ(StateAt(30s), "soft_down");
  EXPECT_EQ(machine_.NextDeadline(kRules), kStart + 60s);
  EXPECT_EQ(StateAt(59s), "soft_down");
  EXPECT_EQ(StateAt(60s), "up");
  EXPECT_EQ(machine_.NextDeadline(kRules), std::nullopt);
}

TEST_F(ShardStateTest, GraceDoesNotRunWhileItRecovers) {
  At(0s, Health::kGood);
  At(10s, Health::kBad);
  At(129s, Health::kGood);
  EXPECT_EQ(StateAt(131s), "soft_down");
  At(140s, Health::kBad);
  EXPECT_EQ(machine_.NextDeadline(kRules), kStart + 260s);
  EXPECT_EQ(StateAt(259s), "soft_down");
  EXPECT_EQ(StateAt(260s), "down");
  EXPECT_EQ(machine_.NextDeadline(kRules), std::nullopt);
}

TEST_F(ShardStateTest, DownComesBackAfterTheDampening) {
  At(0s, Health::kGood);
  At(10s, Health::kBad);
  EXPECT_EQ(StateAt(130s), "down");
  At(200s, Health::kGood);
  At(220s, Health::kBad);  // a flap starts the dampening again
  At(225s, Health::kGood);
  EXPECT_EQ(StateAt(254s), "down");
  EXPECT_EQ(StateAt(255s), "up");
}

TEST_F(ShardStateTest, SoftIsNotGoodAndUnknownDoesNotTakeItDown) {
  At(0s, Health::kGood);
  At(1s, Health::kUnknown);
  EXPECT_EQ(StateAt(1h), "up");
  At(1h, Health::kSoft);
  EXPECT_EQ(StateAt(1h), "soft_down");
  EXPECT_EQ(machine_.NextDeadline(kRules), kStart + 1h + 120s);
  At(1h + 60s, Health::kUnknown);
  EXPECT_EQ(StateAt(1h + 120s), "down");
}

// The definition read literally, over the whole history, in steps of one second.
struct Oracle {
  ShardState state = ShardState::kStarting;
  bool was_up = false;
  int good_for = 0, bad_for = 0, soft_down_for = 0;  // seconds

  void Second(Health health) {
    const bool good = health == Health::kGood;
    const int dampening = was_up ? 3 : 0;
    if (state == ShardState::kStarting || state == ShardState::kUp) {
      if (good) Enter(ShardState::kUp);
      if (health == Health::kBad || health == Health::kSoft) Enter(ShardState::kSoftDown);
    } else if (good && good_for >= dampening) {
      Enter(ShardState::kUp);
    } else if (state == ShardState::kSoftDown && !good && std::min(bad_for, soft_down_for) >= 7) {
      Enter(ShardState::kDown);
    }
    was_up = was_up || state == ShardState::kUp;
    good_for = good ? good_for + 1 : 0;
    bad_for = good ? 0 : bad_for + 1;
    soft_down_for = state == ShardState::kSoftDown ? soft_down_for + 1 : 0;
  }
  void Enter(ShardState next) { state = next; }
};

TEST(ShardStateModel, AgreesWithTheDefinitionAndAnnouncesEveryChange) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr ShardStateMachine::Rules rules{.soft_down_grace = 7s, .dampening = 3s};
  constexpr Health kAll[] = {Health::kBad, Health::kUnknown, Health::kSoft, Health::kGood};
  for (int run = 0; run < 300; ++run) {
    ShardStateMachine machine(kStart);
    Oracle oracle;
    Health health = Health::kUnknown;
    for (int second = 0; second < 200; ++second) {
      const TimePoint now = kStart + std::chrono::seconds(second);
      const ShardState before = machine.state();
      const auto deadline = machine.NextDeadline(rules);
      const bool receives = random() % 4 == 0;
      if (receives) health = kAll[random() % 4];
      oracle.Second(health);
      const bool changed =
          receives ? machine.Receive(health, rules, now) : machine.Tick(rules, now);
      ASSERT_EQ(ToString(machine.state()), ToString(oracle.state)) << "second " << second;
      ASSERT_EQ(changed, before != machine.state());
      ASSERT_TRUE(!changed || machine.since() == now);
      ASSERT_TRUE(!changed || receives || deadline == now) << "a change nobody was told of";
    }
  }
}

}  // namespace
}  // namespace room_router
