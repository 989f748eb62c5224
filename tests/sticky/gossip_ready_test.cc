// SPDX-License-Identifier: Apache-2.0
// When a fresh replica may say that it knows the rooms: not before it knows whom to ask.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/sticky/core_pair.h"

namespace room_router::test {
namespace {

using namespace std::chrono_literals;

const SocketAddress kOwn = *SocketAddress::Parse("10.0.0.1:7600");
const SocketAddress kOther = *SocketAddress::Parse("10.0.0.2:7600");
const SocketAddress kThird = *SocketAddress::Parse("10.0.0.3:7600");

TEST(GossipReady, NotBeforeThePeersAreKnown) {
  Core core("a", kOwn);
  core.gossip.Tick(kStart);
  EXPECT_FALSE(core.gossip.synced(kStart));
  core.gossip.Tick(kStart + 9s);
  EXPECT_FALSE(core.gossip.synced(kStart + 9s));
}

TEST(GossipReady, AtOnceWhenNoPeersAreConfigured) {
  Core core("a", kOwn);
  core.gossip.SetPeers({}, kStart);
  EXPECT_TRUE(core.gossip.synced(kStart));
}

TEST(GossipReady, NotForWantOfAnAnswerToOneOfTheNames) {
  Core core("a", kOwn);
  core.gossip.SetPeers({}, kStart, false);
  EXPECT_FALSE(core.gossip.synced(kStart)) << "nobody yet";
  core.gossip.SetPeers({kOwn}, kStart, false);
  core.DialItself(kStart);
  EXPECT_FALSE(core.gossip.synced(kStart)) << "only ourselves yet";
  core.gossip.SetPeers({kOwn}, kStart, true);
  EXPECT_TRUE(core.gossip.synced(kStart));
}

// DNS that never answers, replicas that never do: readiness comes all the same, and the core asks
// to be called by then.
TEST(GossipReady, AfterSyncTimeoutWhateverHappens) {
  for (const bool named : {false, true}) {
    Core core("a", kOwn);
    if (named) core.gossip.SetPeers({kOther}, kStart);
    TimePoint now = kStart;
    while (!core.gossip.synced(now)) {
      core.gossip.Tick(now);
      for (const SocketAddress& address : core.gossip.TakeOutput().dials) {
        core.gossip.DialFailed(address, now);
      }
      ASSERT_LE(now, kStart + 10s);
      now = std::max(now + 1ms, core.gossip.NextDeadline());
    }
    EXPECT_EQ(now, kStart + 10s) << named;
    EXPECT_TRUE(core.gossip.Replicas(now).front().synced);
  }
}

TEST(GossipReady, WhenOnlyWeOurselvesAreNamed) {
  Core core("a", kOwn);
  core.gossip.SetPeers({kOwn}, kStart);
  EXPECT_FALSE(core.gossip.synced(kStart));
  core.DialItself(kStart);
  EXPECT_TRUE(core.gossip.synced(kStart));
}

// One that dials us knows rooms, whether DNS has answered or not.
TEST(GossipReady, BySyncWithAReplicaThatDialled) {
  CorePair pair(kOwn, kOther);
  pair.b.gossip.SetPeers({}, kStart);
  ASSERT_TRUE(pair.b.gossip.synced(kStart));
  pair.b.Bind(7, "shard-1", kStart);
  pair.Link(pair.b, pair.a);
  pair.Run(1s);
  EXPECT_TRUE(pair.a.gossip.synced(pair.now));
  EXPECT_EQ(pair.a.ShardOf(7, pair.now), "shard-1");
}

// Two that start at the same time have nobody to wait for once they have met; our own address in
// the list, dialled or not, holds nobody up.
TEST(GossipReady, TwoFreshOnesSyncWithEachOther) {
  CorePair pair(kOwn, kOther);
  pair.a.gossip.SetPeers({kOther}, pair.now);
  pair.b.gossip.SetPeers({kOwn}, pair.now);
  pair.Link(pair.a, pair.b);
  pair.a.gossip.SetPeers({kOwn, kOther}, pair.now);
  pair.b.gossip.SetPeers({kOwn, kOther}, pair.now);
  pair.Run(1s);
  EXPECT_TRUE(pair.a.gossip.synced(pair.now));
  EXPECT_TRUE(pair.b.gossip.synced(pair.now));
}

// Only an address nobody is known at keeps a fresh replica from being content with fresh ones.
TEST(GossipReady, NotWithAFreshOneWhileAnotherMayKnowMore) {
  CorePair pair(kOwn, kOther);
  pair.a.gossip.SetPeers({kOther, kThird}, pair.now);
  pair.Link(pair.a, pair.b);
  pair.Run(1s);
  EXPECT_FALSE(pair.a.gossip.synced(pair.now));
  pair.a.gossip.DialFailed(kThird, pair.now);
  EXPECT_TRUE(pair.a.gossip.synced(pair.now));
}

}  // namespace
}  // namespace room_router::test
