// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "tests/sticky/core_pair.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::CorePair;

const SocketAddress kOwn = *SocketAddress::Parse("10.0.0.1:7946");
const SocketAddress kOther = *SocketAddress::Parse("10.0.0.2:7946");

uint64_t Count(const Histogram& histogram) {
  return std::accumulate(histogram.counts.begin(), histogram.counts.end(), uint64_t{0});
}

TEST(GossipPropagation, IsCountedOncePerRoomThatIsNews) {
  CorePair pair(kOwn, kOther);
  pair.b.Bind(1, "shard-1", pair.now);
  pair.now += 10s;  // what a sync brings is old
  pair.Link(pair.b, pair.a);
  pair.Run(1s);
  ASSERT_EQ(pair.a.ShardOf(1, pair.now), "shard-1");
  EXPECT_EQ(Count(pair.a.gossip.stats().propagation), 0U);
  pair.b.Bind(2, "shard-1", pair.now);
  const TimePoint placed = pair.now;
  pair.Run(100ms);
  ASSERT_EQ(pair.a.ShardOf(2, pair.now), "shard-1");
  const Histogram& heard = pair.a.gossip.stats().propagation;
  EXPECT_EQ(Count(heard), 1U);
  EXPECT_LE(heard.sum_ms, static_cast<uint64_t>((pair.now - placed) / 1ms));
  EXPECT_EQ(Count(pair.b.gossip.stats().propagation), 0U) << "who placed it knew it";
}

}  // namespace
}  // namespace room_router
