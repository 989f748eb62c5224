// SPDX-License-Identifier: Apache-2.0
// Which links are kept: who is greeted, who is refused and why, and which of two to one replica
// goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "sticky/gossip_frame.h"
#include "tests/sticky/core_pair.h"

namespace room_router::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const SocketAddress kOwn = *SocketAddress::Parse("10.0.0.1:7600");
const SocketAddress kOther = *SocketAddress::Parse("10.0.0.2:7600");

class GossipGreeting : public testing::Test {
 protected:
  GossipGreeting() { m_.gossip.SetPeers({kOther}, now_, false); }

  gossip::Hello HelloOf(const std::string& name) {
    gossip::Hello hello{.cluster = "test", .self = {}};
    hello.self.name = name;
    hello.self.start = 1;
    hello.self.address = kOther;
    hello.time = m_.clock.Next(now_).time;
    return hello;
  }
  void Up(LinkId link, bool dialled_by_us) {
    m_.gossip.LinkUp(link, dialled_by_us ? std::optional(kOther) : std::nullopt, kOwn, now_);
  }
  void Say(LinkId link, const gossip::Message& message) {
    m_.gossip.Receive(link, coder_.Encode(message), now_);
  }
  // A link on which the other side says hello, and what we close because of it.
  std::map<LinkId, CloseReason> Greet(LinkId link, const gossip::Hello& hello,
                                      bool dialled_by_us = false) {
    Up(link, dialled_by_us);
    m_.gossip.TakeOutput();
    Say(link, hello);
    return Closed();
  }
  std::map<LinkId, CloseReason> Closed() {
    const auto output = m_.gossip.TakeOutput();
    return {output.closes.begin(), output.closes.end()};
  }
  bool Linked(std::string_view name) const {
    for (const ReplicaView& replica : m_.gossip.Replicas(now_)) {
      if (replica.name == name) return replica.linked;
    }
    return false;
  }

  TimePoint now_ = kStart;
  Core m_{"m", kOwn};
  Core other_{"z", kOther};
  GossipSettings settings_;
  GossipStats stats_;
  gossip::ShardDictionary shards_{other_.names, 16};
  gossip::FrameCoder coder_{settings_, shards_, stats_};
};

TEST_F(GossipGreeting, AReplicaOfTheClusterIsWelcome) {
  EXPECT_THAT(Greet(1, HelloOf("z")), IsEmpty());
  EXPECT_TRUE(Linked("z"));
  EXPECT_EQ(m_.gossip.LiveReplicas(), 2U);
}

TEST_F(GossipGreeting, OthersAreToldWhyNot) {
  auto wrong = HelloOf("z");
  wrong.cluster = "other";
  EXPECT_THAT(Greet(1, wrong), UnorderedElementsAre(Pair(1, CloseReason::kWrongCluster)));
  wrong = HelloOf("z");
  wrong.version = gossip::kProtocolVersion + 1;
  EXPECT_THAT(Greet(2, wrong), UnorderedElementsAre(Pair(2, CloseReason::kVersion)));
  EXPECT_THAT(Greet(3, HelloOf("m")), UnorderedElementsAre(Pair(3, CloseReason::kSelf)));
  wrong = HelloOf("m");
  wrong.self.start = 2;
  EXPECT_THAT(Greet(4, wrong), UnorderedElementsAre(Pair(4, CloseReason::kNameTaken)));
  EXPECT_FALSE(Linked("z"));
  EXPECT_EQ(m_.gossip.LiveReplicas(), 1U);
  EXPECT_EQ(m_.gossip.stats().name_conflicts, 1U);
}

TEST_F(GossipGreeting, NothingIsHeardBeforeHello) {
  Up(1, false);
  Say(1, gossip::Ping{.number = 1});
  EXPECT_THAT(Closed(), UnorderedElementsAre(Pair(1, CloseReason::kProtocol)));
  Up(2, false);
  m_.gossip.Receive(2, "\xff\xff\xff", now_);
  EXPECT_THAT(Closed(), UnorderedElementsAre(Pair(2, CloseReason::kProtocol)));
}

TEST_F(GossipGreeting, WhoSaysNothingIsNotWaitedFor) {
  Up(1, false);
  m_.gossip.Tick(now_ + 4s);
  EXPECT_THAT(Closed(), IsEmpty());
  m_.gossip.Tick(now_ + 5s);
  EXPECT_THAT(Closed(), UnorderedElementsAre(Pair(1, CloseReason::kNoHello)));
}

// Both dialled at the same time: the smaller name closes the link the other side dialled.
TEST_F(GossipGreeting, OfTwoLinksDialledAtOnceTheSmallerNameKeepsItsOwn) {
  EXPECT_THAT(Greet(1, HelloOf("z"), true), IsEmpty());
  EXPECT_THAT(Greet(2, HelloOf("z")), UnorderedElementsAre(Pair(2, CloseReason::kDuplicate)));
  EXPECT_TRUE(Linked("z"));
}

TEST_F(GossipGreeting, WhateverTheirOrder) {
  EXPECT_THAT(Greet(1, HelloOf("z")), IsEmpty());
  EXPECT_THAT(Greet(2, HelloOf("z"), true), UnorderedElementsAre(Pair(1, CloseReason::kDuplicate)));
  EXPECT_TRUE(Linked("z"));
}

TEST_F(GossipGreeting, TheGreaterNameLeavesThatToTheOtherSide) {
  EXPECT_THAT(Greet(1, HelloOf("a"), true), IsEmpty());
  EXPECT_THAT(Greet(2, HelloOf("a")), IsEmpty());
  EXPECT_TRUE(Linked("a"));
}

TEST_F(GossipGreeting, OneThatComesMuchLaterReplacesTheOneBefore) {
  EXPECT_THAT(Greet(1, HelloOf("z"), true), IsEmpty());
  now_ += 3s;
  EXPECT_THAT(Greet(2, HelloOf("z")), UnorderedElementsAre(Pair(1, CloseReason::kDuplicate)));
  EXPECT_TRUE(Linked("z"));
}

TEST_F(GossipGreeting, ALaterLifeReplacesTheFormerOne) {
  EXPECT_THAT(Greet(1, HelloOf("z")), IsEmpty());
  auto later = HelloOf("z");
  later.self.start = 2;
  EXPECT_THAT(Greet(2, later), UnorderedElementsAre(Pair(1, CloseReason::kReplaced)));
  EXPECT_THAT(Greet(3, HelloOf("z")), UnorderedElementsAre(Pair(3, CloseReason::kReplaced)));
  EXPECT_TRUE(Linked("z"));
}

TEST_F(GossipGreeting, GoodbyeEndsTheLinkAndLeavesTheReplicaKnown) {
  Greet(1, HelloOf("z"));
  Say(1, gossip::Goodbye{.reason = CloseReason::kViewChange});
  EXPECT_FALSE(Linked("z"));
  EXPECT_EQ(m_.gossip.LiveReplicas(), 2U);
  EXPECT_EQ(m_.gossip.stats().closed_there[static_cast<size_t>(CloseReason::kViewChange)], 1U);
}

}  // namespace
}  // namespace room_router::test
