// SPDX-License-Identifier: Apache-2.0
// What checks, agents, connections and other replicas say, and what the catalog makes of it.
#include <gmock/gmock.h>

#include <tuple>

#include "tests/discovery/catalog_fixture.h"

namespace room_router {
namespace {

using testing::ElementsAre;

TEST_F(CatalogTest, AShardIsAsGoodAsItsBestEndpoint) {
  settings_.name = {.pattern = R"(^(shard-\d+)-)", .replace = "$1"};
  Receive(Found({Target("shard-0-a", "10.0.0.1:80"), Target("shard-0-b", "10.0.0.2:80")}));
  Check(0, Health::kGood, 2);
  EXPECT_EQ(Show(), "shard-0:up");
  Check(1, Health::kBad, 3);
  EXPECT_EQ(Show(), "shard-0:up");
  EXPECT_TRUE(Get("shard-0").endpoints[0].up);
  EXPECT_FALSE(Get("shard-0").endpoints[1].up);
  Check(0, Health::kBad, 2, "L4CON");
  EXPECT_EQ(Show(), "shard-0:up");
  EXPECT_EQ(Get("shard-0").endpoints[0].check_fill, 2);
  Check(0, Health::kBad, 1, "L4CON");
  EXPECT_EQ(Show(), "shard-0:soft_down");
  EXPECT_EQ(Get("shard-0").endpoints[0].last_check, "L4CON");
  EXPECT_EQ(catalog().NextDeadline(), now_ + 120s);
  Pass(120s);
  EXPECT_EQ(Show(), "shard-0:down");
}

TEST_F(CatalogTest, AnEndpointIsDownWhenChecksOrItsAgentSaySo) {
  settings_.health.checks.push_back({.type = config::HealthCheck::Type::kAgent});
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  const auto seen = [this] {
    const Availability& is = Get("shard-0").endpoints[0].availability;
    return std::tuple(is.failed_checks, is.times_down, is.down, is.DownFor(now_));
  };
  Check(0, Health::kGood, 2);
  EXPECT_EQ(seen(), std::tuple(0, 0, false, 0s));
  Pass(10s);
  Check(0, Health::kBad, 2);
  Check(0, Health::kGood, 1);
  EXPECT_EQ(seen(), std::tuple(2, 0, false, 0s)) << "it was not down";
  Check(0, Health::kBad, 5);
  EXPECT_EQ(seen(), std::tuple(5, 1, true, 0s)) << "the third puts it down, more say nothing new";
  Pass(7s);
  EXPECT_EQ(seen(), std::tuple(5, 1, true, 7s));
  Check(0, Health::kGood, 2);
  Pass(5s);
  EXPECT_EQ(seen(), std::tuple(5, 1, false, 7s));
  AgentSays(0, "down");
  Pass(1s);
  EXPECT_EQ(seen(), std::tuple(5, 2, true, 8s));
  Check(0, Health::kBad, 3);
  AgentSays(0, "up");
  EXPECT_EQ(seen(), std::tuple(5, 2, true, 8s)) << "by its checks";
}

TEST_F(CatalogTest, WhatIsForcedCountsAsFound) {
  settings_.health.checks.push_back({.type = config::HealthCheck::Type::kAgent});
  settings_.health.dampening = 0s;
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  catalog().TakeEvents();
  EXPECT_TRUE(catalog().Force({.endpoint = 0, .health = Health::kBad}, now_));
  EXPECT_EQ(Show(), "shard-0:soft_down");
  EXPECT_THAT(EventKinds(), ElementsAre("endpoint_health shard-0", "shard_state shard-0"));
  EXPECT_TRUE(catalog().Force({.endpoint = 0, .health = Health::kGood}, now_));
  EXPECT_EQ(Show(), "shard-0:up");
  EXPECT_TRUE(catalog().Force({.endpoint = 0, .agent = AgentHealth::kDown}, now_));
  EXPECT_EQ(Show(), "shard-0:soft_down");
  EXPECT_EQ(Get("shard-0").endpoints[0].agent_says, "down");
  EXPECT_TRUE(catalog().Force({.endpoint = 0, .agent = AgentHealth::kUp}, now_));
  EXPECT_EQ(Show(), "shard-0:up");
  EXPECT_FALSE(catalog().Force({.endpoint = 99, .health = Health::kBad}, now_));
}

TEST_F(CatalogTest, AShardIsDownWhenMostReplicasFindItDown) {
  settings_.health.soft_down_grace = 10s;
  Receive(Found({Target("shard-0", "10.0.0.1:80"), Target("shard-1", "10.0.0.2:80")}));
  CheckAll(Health::kGood);
  const ShardId id = Get("shard-0").id;
  EXPECT_TRUE(catalog().SetQuorum(id, Quorum::kNotDown, now_));
  EXPECT_FALSE(catalog().SetQuorum(id, Quorum::kNotDown, now_));
  CheckAll(Health::kBad);
  Pass(10s);
  EXPECT_EQ(Show(), "shard-0:soft_down shard-1:down") << "nobody was asked about shard-1";
  EXPECT_TRUE(Get("shard-0").down_here);
  catalog().TakeEvents();
  EXPECT_TRUE(catalog().SetQuorum(id, Quorum::kDown, now_));
  EXPECT_EQ(Show(), "shard-0:down shard-1:down");
  EXPECT_EQ(Get("shard-0").since, now_);
  EXPECT_THAT(EventKinds(), ElementsAre("shard_state shard-0"));
  EXPECT_FALSE(catalog().SetQuorum(99, Quorum::kDown, now_));
}

TEST_F(CatalogTest, WhatMostFindDownIsDownThoughWeReachIt) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  const ShardId id = Get("shard-0").id;
  catalog().SetQuorum(id, Quorum::kDown, now_);
  EXPECT_EQ(Show(), "shard-0:down");
  EXPECT_FALSE(Get("shard-0").down_here);
  catalog().SetQuorum(id, Quorum::kNotDown, now_);
  EXPECT_EQ(Show(), "shard-0:up");
}

TEST_F(CatalogTest, SoftFailureKeepsTheEndpointUsable) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  Check(0, Health::kGood, 2);
  Check(0, Health::kSoft, 3, "L7STS/503");
  EXPECT_EQ(Show(), "shard-0:soft_down");
  EXPECT_TRUE(Get("shard-0").endpoints[0].up);
}

TEST_F(CatalogTest, OutUntilACheckPassesOrTheTimeIsOver) {
  settings_.health.fall = 2;
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  catalog().TakeEvents();
  EXPECT_FALSE(catalog().NoteConnectFailure(0, now_));
  EXPECT_TRUE(Get("shard-0").endpoints[0].up);
  EXPECT_TRUE(catalog().NoteConnectFailure(0, now_));
  EXPECT_THAT(EventKinds(), ElementsAre("endpoint_ejected shard-0"));
  EXPECT_FALSE(Get("shard-0").endpoints[0].up);
  EXPECT_FALSE(catalog().HasUsableEndpoint(0, now_));
  EXPECT_EQ(ToString(Get("shard-0").state), "up");
  EXPECT_TRUE(catalog().Record({.endpoint = 0, .health = Health::kGood, .status = "x"}, now_));
  EXPECT_TRUE(Get("shard-0").endpoints[0].up);
  catalog().NoteConnectFailure(0, now_);
  EXPECT_TRUE(catalog().NoteConnectFailure(0, now_));
  EXPECT_EQ(catalog().NextDeadline(), now_ + 4s);
  Check(0, Health::kGood, 1);
  EXPECT_FALSE(Get("shard-0").endpoints[0].up) << "checks and connections disagree";
  Pass(4s);
  EXPECT_TRUE(Get("shard-0").endpoints[0].up);
  EXPECT_EQ(catalog().NextDeadline(), std::nullopt);
  EXPECT_FALSE(catalog().NoteConnectFailure(99, now_));
  catalog().NoteConnected(99, now_);
  EXPECT_FALSE(catalog().HasUsableEndpoint(99, now_));
}

TEST_F(CatalogTest, AnAgentDrainsAndWeighsItsShard) {
  settings_.health.checks.push_back({.type = config::HealthCheck::Type::kAgent, .port = 9777});
  Receive(Found({Target("shard-0", "10.0.0.1:80", 60)}));
  CheckAll(Health::kGood);
  catalog().TakeEvents();
  AgentSays(0, "drain 50%");
  EXPECT_THAT(EventKinds(), ElementsAre("endpoint_agent shard-0"));
  EXPECT_EQ(Show(), "shard-0:up");
  EXPECT_EQ(ToString(Get("shard-0").agent), "drain");
  EXPECT_EQ(ToString(Get("shard-0").admin), "ready");
  EXPECT_EQ(Get("shard-0").weight, 30);
  EXPECT_FALSE(Get("shard-0").TakesNewRooms());
  EXPECT_TRUE(Get("shard-0").KeepsRooms());
  AgentSays(0, "ready");
  EXPECT_TRUE(Get("shard-0").TakesNewRooms());
  EXPECT_EQ(Get("shard-0").weight, 30) << "nothing was said about it";
  catalog().Obey("shard-0", {.weight = WeightOrder{10, false}});
  EXPECT_EQ(Get("shard-0").weight, 5);
  AgentSays(0, "0%");
  EXPECT_FALSE(Get("shard-0").TakesNewRooms());
}

TEST_F(CatalogTest, AnAgentThatSaysDownIsAFailedCheckUntilItSaysUp) {
  settings_.health.checks.push_back({.type = config::HealthCheck::Type::kAgent, .port = 9777});
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  AgentSays(0, "stopped # upgrade");
  EXPECT_EQ(Show(), "shard-0:soft_down");
  EXPECT_FALSE(Get("shard-0").endpoints[0].up);
  EXPECT_TRUE(Get("shard-0").endpoints[0].agent_down);
  CheckAll(Health::kGood);
  EXPECT_EQ(Show(), "shard-0:soft_down") << "silence is not up";
  EXPECT_FALSE(Get("shard-0").down_here);
  Pass(120s);
  EXPECT_EQ(Show(), "shard-0:down");
  EXPECT_TRUE(Get("shard-0").down_here);
  AgentSays(0, "up");
  Pass(30s);
  EXPECT_EQ(Show(), "shard-0:up");
}

TEST_F(CatalogTest, AnAgentsMaintIsAVoteWithoutGrace) {
  settings_.health.checks.push_back({.type = config::HealthCheck::Type::kAgent, .port = 9777});
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  catalog().SetQuorum(0, Quorum::kNotDown, now_);
  AgentSays(0, "maint");
  EXPECT_EQ(Show(), "shard-0:soft_down");
  EXPECT_TRUE(Get("shard-0").KeepsRooms());
  EXPECT_TRUE(Get("shard-0").down_here);
  catalog().SetQuorum(0, Quorum::kDown, now_);
  EXPECT_EQ(Show(), "shard-0:down");
  AgentSays(0, "ready");
  EXPECT_FALSE(Get("shard-0").down_here);
  catalog().SetQuorum(0, Quorum::kNotDown, now_);
  EXPECT_EQ(Show(), "shard-0:up") << "its checks have been good all the time";
  catalog().SetQuorum(0, Quorum::kNone, now_);
  AgentSays(0, "maint");
  EXPECT_EQ(Show(), "shard-0:down") << "alone, a replica decides alone";
}

TEST_F(CatalogTest, WhatAnAgentSaidIsForgottenWithItsEndpointOrWithTheCheck) {
  settings_.health.checks.push_back({.type = config::HealthCheck::Type::kAgent, .port = 9777});
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  AgentSays(0, "maint");
  Receive({.outcome = LookupOutcome::kAbsent});
  Pass(30s);
  EXPECT_FALSE(catalog().Record({.endpoint = 0, .health = Health::kBad}, now_)) << "it is gone";
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  EXPECT_EQ(Show(), "shard-0:up");
  AgentSays(0, "drain 10%");
  settings_.health.checks.pop_back();
  catalog().Configure(settings_, now_);
  EXPECT_TRUE(Get("shard-0").TakesNewRooms());
  EXPECT_EQ(Get("shard-0").weight, 100);
}

}  // namespace
}  // namespace room_router
