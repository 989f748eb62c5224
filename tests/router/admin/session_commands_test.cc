// SPDX-License-Identifier: Apache-2.0
#include "router/admin/session_commands.h"

#include <gmock/gmock.h>

#include "console.h"

namespace room_router::admin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

class Sessions : public Console {
 protected:
  Sessions() {
    const TimePoint now = Clock::now();
    SessionFacts tunnel{.id = 0x1000000000007,
                        .ip = "192.0.2.9",
                        .port = 5000,
                        .listener = 0,
                        .phase = SessionFacts::Phase::kTunnel,
                        .begun = now - 90s,
                        .request_begun = now - 60s,
                        .requests = 3};
    tunnel.destination = {.shard = 0,
                          .endpoint = 0,
                          .has_room = true,
                          .key_namespace = KeyNamespace::kRoom,
                          .key = kStandup};
    const SessionFacts idle{.id = 0x1000000000008, .ip = "2001:db8::1", .port = 6000, .begun = now};
    sample_.sessions = {tunnel, idle};
  }
};

TEST_F(Sessions, AreShownALineEach) {
  EXPECT_THAT(
      Lines("show sess"),
      ElementsAre(
          MatchesRegex("0x1000000000007: proto=tcpv4 src=192\\.0\\.2\\.9:5000 fe=room-router "
                       "be=jitsi-meet srv=shard-0 ts=00 epoch=0 age=[0-9]+s calls=3 rate=0 cpu=0 "
                       "lat=0 rq\\[.*\\] rp\\[.*\\] scf=\\[.*\\] scb=\\[.*\\] exp= rc=0 c_exp= "
                       "state=tunnel for=[0-9]+s room=standup"),
          MatchesRegex("0x1000000000008: proto=tcpv6 src=2001:db8::1:6000 fe=room-router be=<NONE> "
                       "srv=<none> .* state=idle for=[0-9]+s room=-")));
  EXPECT_EQ(Lines("show sess all").size(), 2u);
  EXPECT_EQ(Lines("show sess 0x1000000000008").size(), 1u);
  EXPECT_EQ(Run("show sess 0x99"), "Session not found.\n");
  EXPECT_EQ(Run("show sess nonsense"), "Session not found.\n");
  EXPECT_EQ(Run("show sess", AdminLevel::kUser), "Permission denied\n");
}

TEST_F(Sessions, AreNotShownWithoutEnd) {
  while (sample_.sessions.size() < kMostSessions + 5) {
    sample_.sessions.push_back(sample_.sessions.back());
  }
  const auto lines = Lines("show sess");
  EXPECT_EQ(lines.size(), kMostSessions + 1);
  EXPECT_EQ(lines.back(), "# and 5 more; at most 1000 are shown");
}

TEST_F(Sessions, AreShutDownOneByOne) {
  EXPECT_EQ(Run("shutdown session 0x1000000000007"), "");
  ASSERT_EQ(sample_.session_orders.size(), 1u);
  EXPECT_TRUE(sample_.session_orders[0].end);
  EXPECT_EQ(sample_.session_orders[0].id, 0x1000000000007u);
  EXPECT_EQ(Run("shutdown session 0x99"), "No such session (use 'show sess').\n");
  EXPECT_EQ(Run("shutdown session what"), "No such session (use 'show sess').\n");
  EXPECT_EQ(Run("shutdown session"), "Session pointer expected (use 'show sess').\n");
  EXPECT_EQ(Run("shutdown session 0x7", AdminLevel::kOperator), "Permission denied\n");
}

TEST_F(Sessions, AreShutDownByServerOrShard) {
  const std::pair<const char*, std::vector<EndpointId>> cases[] = {
      {"shard-0", {0}}, {"shard-1", {1, 2}}, {"shard-1_web-1", {2}}};
  for (const auto& [server, endpoints] : cases) {
    EXPECT_EQ(Run(std::string("shutdown sessions server jitsi-meet/") + server), "");
    EXPECT_TRUE(sample_.session_orders.back().end);
    EXPECT_EQ(sample_.session_orders.back().endpoints, endpoints) << server;
  }
  const size_t orders = sample_.session_orders.size();
  EXPECT_EQ(Run("shutdown sessions server jitsi-meet/nope"), "No such server.\n");
  EXPECT_EQ(Run("shutdown sessions server nope/shard-0"), "No such backend.\n");
  EXPECT_EQ(Run("shutdown sessions server"), "Require 'backend/server'.\n");
  EXPECT_EQ(sample_.session_orders.size(), orders);
}

TEST_F(Sessions, AnOrderConcernsWhatItNames) {
  const SessionFacts& tunnel = sample_.sessions[0];
  const SessionFacts& idle = sample_.sessions[1];
  const SessionOrder all, one{.id = tunnel.id}, elsewhere{.endpoints = {{1, 2}}},
      there{.endpoints = {{2, 0}}};
  EXPECT_TRUE(all.Concerns(tunnel) && all.Concerns(idle));
  EXPECT_TRUE(one.Concerns(tunnel) && !one.Concerns(idle));
  EXPECT_FALSE(elsewhere.Concerns(tunnel) || elsewhere.Concerns(idle));
  EXPECT_TRUE(there.Concerns(tunnel) && !there.Concerns(idle));
}

TEST_F(Sessions, OfAllWorkersAreJoinedByAge) {
  SessionReport young{.sessions = {sample_.sessions[1]}, .matched = 4},
      old{.sessions = {sample_.sessions[0]}, .matched = 1};
  const SessionReport all = Join({young, old}, 10);
  EXPECT_EQ(all.matched, 5u);
  ASSERT_EQ(all.sessions.size(), 2u);
  EXPECT_EQ(all.sessions[0].id, old.sessions[0].id);
  EXPECT_EQ(Join({young, old}, 1).sessions.size(), 1u);
}

}  // namespace
}  // namespace room_router::admin
