// SPDX-License-Identifier: Apache-2.0
#include "discovery/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace room_router {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kService = "_http._tcp.web.jitsi.svc.cluster.local";

SocketAddress Address(const std::string& text) { return *SocketAddress::Parse(text); }

ServiceTarget Target(const std::string& label, const std::string& address, uint16_t weight = 0,
                     uint16_t priority = 0) {
  ServiceTarget target;
  target.name = label + ".web.jitsi.svc.cluster.local";
  target.addresses = {Address(address)};
  target.port = target.addresses[0].port();
  target.weight = weight;
  target.priority = priority;
  return target;
}

ServiceAnswer Found(std::vector<ServiceTarget> targets) {
  return {.outcome = LookupOutcome::kFound, .ttl = 5s, .targets = std::move(targets)};
}

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() { settings_.discovery.srv = {kService}; }

  Catalog& catalog() {
    if (!catalog_) catalog_.emplace(settings_, now_);
    return *catalog_;
  }
  void Receive(ServiceAnswer answer) { catalog().Receive(kService, answer, now_); }
  void Check(EndpointId endpoint, Health health, int times, const std::string& status = "x") {
    for (int i = 0; i < times; ++i) {
      catalog().Record({.endpoint = endpoint, .health = health, .status = status, .ms = 1}, now_);
    }
  }
  void CheckAll(Health health) {
    for (const CheckSubject& subject : catalog().Subjects()) Check(subject.endpoint, health, 3);
  }
  void Pass(Duration time) {
    now_ += time;
    catalog().Tick(now_);
  }
  const Shard& Get(const std::string& name) {
    last_ = catalog().Snapshot(now_);
    const Shard* shard = last_->FindByName(name);
    if (shard == nullptr) throw std::out_of_range(name);
    return *shard;
  }
  // "shard-0:up shard-1:soft_down"
  std::string Show() {
    std::string text;
    for (const Shard& shard : catalog().Snapshot(now_)->shards) {
      text += (text.empty() ? "" : " ") + shard.name + ":" + std::string(ToString(shard.state));
    }
    return text;
  }
  std::vector<std::string> EventKinds() {
    std::vector<std::string> kinds;
    for (const Event& event : catalog().TakeEvents()) {
      kinds.push_back(std::string(ToString(event.kind)) + " " + event.shard);
    }
    return kinds;
  }

  config::Shards settings_;
  TimePoint now_{1h};
  std::optional<Catalog> catalog_;
  ShardSetPtr last_;
};

TEST_F(CatalogTest, StaticShardsAreAnsweredAtOnceAndGroupedByName) {
  settings_.discovery.srv.clear();
  settings_.static_shards = {
      {.name = "b", .addresses = {Address("10.0.0.2:80")}, .weight = 50, .region = "eu"},
      {.name = "a", .addresses = {Address("10.0.0.1:80")}, .release = "5142"},
      {.name = "b", .addresses = {Address("10.0.0.3:80")}, .weight = 99}};
  EXPECT_TRUE(catalog().Snapshot(now_)->answered);
  EXPECT_EQ(Show(), "a:starting b:starting");
  EXPECT_EQ(Get("a").release, "5142");
  EXPECT_EQ(Get("b").region, "eu");
  EXPECT_EQ(Get("b").weight, 50) << "the first item of a name says it";
  ASSERT_EQ(Get("b").endpoints.size(), 2U);
  EXPECT_EQ(Get("b").endpoints[0].name, "10.0.0.2:80");
  CheckAll(Health::kGood);
  EXPECT_EQ(Show(), "a:up b:up");
}

TEST_F(CatalogTest, AShardOthersSpeakOfIsListedUntilDnsSaysWhereItIs) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  const ShardId rumoured = *catalog().names().Intern("shard-1");
  catalog().Expect(rumoured, now_);
  EXPECT_EQ(Show(), "shard-0:starting shard-1:starting");
  EXPECT_EQ(Get("shard-1").id, rumoured);
  EXPECT_TRUE(Get("shard-1").endpoints.empty());
  Receive(Found({Target("shard-0", "10.0.0.1:80"), Target("shard-1", "10.0.0.2:80")}));
  EXPECT_EQ(Get("shard-1").id, rumoured);
  EXPECT_EQ(Get("shard-1").endpoints.size(), 1U);
  Pass(settings_.discovery.obsolete);
  EXPECT_EQ(Show(), "shard-0:starting shard-1:starting");
}

TEST_F(CatalogTest, AShardNobodyFindsIsForgottenAgain) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  catalog().Expect(*catalog().names().Intern("shard-9"), now_);
  ASSERT_TRUE(catalog().NextDeadline());
  EXPECT_LE(*catalog().NextDeadline(), now_ + settings_.discovery.obsolete);
  Pass(settings_.discovery.obsolete);
  EXPECT_EQ(Show(), "shard-0:starting");
}

TEST_F(CatalogTest, ShardsComeFromTargetNames) {
  EXPECT_FALSE(catalog().Snapshot(now_)->answered);
  settings_.name = {.pattern = R"(^(shard-\d+)-)", .replace = "$1"};
  catalog().Configure(settings_, now_);
  Receive(Found({Target("shard-1-web-0", "10.0.0.3:80"), Target("shard-0-web-1", "10.0.0.2:80"),
                 Target("shard-0-web-0", "10.0.0.1:80")}));
  EXPECT_TRUE(catalog().Snapshot(now_)->answered);
  EXPECT_EQ(Show(), "shard-0:starting shard-1:starting");
  const Shard& shard = Get("shard-0");
  ASSERT_EQ(shard.endpoints.size(), 2U);
  EXPECT_EQ(shard.endpoints[0].name, "shard-0-web-0");
  EXPECT_EQ(shard.endpoints[1].address.ToString(), "10.0.0.2:80");
  EXPECT_EQ(shard.weight, 100);
  EXPECT_EQ(catalog().Subjects()[0].name_space, "jitsi");
}

TEST_F(CatalogTest, WeightIsTheLargestAndPriorityTheSmallest) {
  settings_.name = {.pattern = R"(^(shard-\d+)-)", .replace = "$1"};
  Receive(
      Found({Target("shard-0-a", "10.0.0.1:80", 5, 20), Target("shard-0-b", "10.0.0.2:80", 30, 10),
             Target("shard-1-a", "10.0.0.3:80", 0, 10)}));
  EXPECT_EQ(Get("shard-0").weight, 30);
  EXPECT_EQ(Get("shard-0").priority, 10);
  EXPECT_EQ(Get("shard-1").weight, 0);
  EXPECT_FALSE(Get("shard-1").TakesNewRooms());
}

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

TEST_F(CatalogTest, DroppedTargetIsHeldAndReturnsWithItsIdsAndHealth) {
  Receive(Found({Target("shard-0", "10.0.0.1:80"), Target("shard-1", "10.0.0.2:80")}));
  CheckAll(Health::kGood);
  const Shard before = Get("shard-1");
  EventKinds();
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  EXPECT_EQ(Show(), "shard-0:up shard-1:up");
  EXPECT_THAT(EventKinds(), ElementsAre("target_obsolete "));
  EXPECT_EQ(catalog().NextDeadline(), now_ + 30s);
  Pass(30s);
  EXPECT_EQ(Show(), "shard-0:up");
  EXPECT_THAT(EventKinds(), ElementsAre("shard_removed shard-1", "endpoint_removed shard-1"));
  EXPECT_EQ(catalog().Subjects().size(), 1U);
  Receive(Found({Target("shard-1", "10.0.0.2:80"), Target("shard-0", "10.0.0.1:80")}));
  EXPECT_EQ(Get("shard-1").id, before.id);
  EXPECT_EQ(Get("shard-1").endpoints[0].id, before.endpoints[0].id);
  EXPECT_EQ(Show(), "shard-0:up shard-1:up");
}

TEST_F(CatalogTest, DnsFailureChangesNothing) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  const ShardSetPtr before = catalog().Snapshot(now_);
  for (int i = 0; i < 100; ++i) {
    Receive({.outcome = LookupOutcome::kFailed, .error = "timeout"});
    Pass(1h);
  }
  EXPECT_EQ(catalog().Snapshot(now_), before);
  EXPECT_THAT(EventKinds(), Contains("lookup_failed ").Times(1));
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  EXPECT_EQ(catalog().Snapshot(now_), before);
  EXPECT_THAT(EventKinds(), ElementsAre("lookup_recovered "));
}

TEST_F(CatalogTest, NothingAtStartUpIsAnAnswerToo) {
  Receive({.outcome = LookupOutcome::kFailed});
  EXPECT_FALSE(catalog().Snapshot(now_)->answered);
  Receive({.outcome = LookupOutcome::kAbsent});
  EXPECT_TRUE(catalog().Snapshot(now_)->answered);
  EXPECT_EQ(Show(), "");
  EXPECT_THAT(EventKinds(), ElementsAre("lookup_failed ", "lookup_failed "));
}

TEST_F(CatalogTest, EveryServiceIsWaitedForOnce) {
  settings_.discovery.srv = {kService, "_http._tcp.other"};
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  EXPECT_FALSE(catalog().Snapshot(now_)->answered);
  catalog().Receive("_http._tcp.other", {.outcome = LookupOutcome::kFailed}, now_);
  EXPECT_TRUE(catalog().Snapshot(now_)->answered);
}

TEST_F(CatalogTest, NewAddressIsANewEndpointOfTheSameShard) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  Receive(Found({Target("shard-0", "10.0.0.9:80")}));
  const Shard& shard = Get("shard-0");
  EXPECT_EQ(shard.id, 0U);
  EXPECT_EQ(ToString(shard.state), "up");
  ASSERT_EQ(shard.endpoints.size(), 1U);
  EXPECT_EQ(shard.endpoints[0].id, 1U);
  EXPECT_FALSE(shard.endpoints[0].up) << "not checked yet";
}

TEST_F(CatalogTest, AddressNamesAreAcceptedWithOneWarning) {
  for (int i = 0; i < 3; ++i) Receive(Found({Target("10-0-0-1", "10.0.0.1:80")}));
  EXPECT_EQ(Show(), "10-0-0-1:starting");
  EXPECT_THAT(EventKinds(), Contains("shard_naming ").Times(1));
}

TEST_F(CatalogTest, AdminStateAndWeightOutliveAnAbsence) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  const ShardOrder order{AdminState::kDrain, true, now_, WeightOrder{7, false}};
  EXPECT_TRUE(catalog().Obey("shard-0", order));
  EXPECT_FALSE(catalog().Obey("shard-0", order)) << "it did already";
  EXPECT_FALSE(catalog().Obey("shard-9", order));
  EXPECT_FALSE(Get("shard-0").TakesNewRooms());
  EXPECT_TRUE(Get("shard-0").KeepsRooms());
  Receive({.outcome = LookupOutcome::kAbsent});
  Pass(1h);
  EXPECT_EQ(Show(), "");
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  EXPECT_EQ(ToString(Get("shard-0").admin), "drain");
  EXPECT_EQ(Get("shard-0").weight, 7);
  EXPECT_EQ(Get("shard-0").admin_since, order.since);
  EXPECT_TRUE(catalog().Obey("shard-0", {.weight = WeightOrder{50, true}}));
  EXPECT_EQ(Get("shard-0").weight, Get("shard-0").found_weight / 2);
}

TEST_F(CatalogTest, InitialStateDrain) {
  settings_.initial_drain = true;
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  EXPECT_EQ(ToString(Get("shard-0").admin), "drain");
}

TEST_F(CatalogTest, MarkedOutUntilACheckPassesOrTheTimeIsOver) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  catalog().MarkOut(0, now_ + 2s);
  EXPECT_FALSE(Get("shard-0").endpoints[0].up);
  EXPECT_FALSE(catalog().HasUsableEndpoint(0));
  EXPECT_EQ(ToString(Get("shard-0").state), "up");
  Check(0, Health::kGood, 1);
  EXPECT_TRUE(Get("shard-0").endpoints[0].up);
  catalog().MarkOut(0, now_ + 2s);
  EXPECT_EQ(catalog().NextDeadline(), now_ + 2s);
  Pass(2s);
  EXPECT_TRUE(Get("shard-0").endpoints[0].up);
  catalog().MarkOut(99, now_);
  EXPECT_FALSE(catalog().HasUsableEndpoint(99));
}

TEST_F(CatalogTest, ReloadKeepsWhatStays) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  CheckAll(Health::kGood);
  settings_.static_shards = {{.name = "extra", .addresses = {Address("10.0.0.5:80")}}};
  settings_.health.soft_down_grace = 10s;
  catalog().Configure(settings_, now_);
  EXPECT_EQ(Show(), "extra:starting shard-0:up");
  Check(0, Health::kBad, 3);
  Pass(10s);
  EXPECT_EQ(Show(), "extra:starting shard-0:down");
  settings_.discovery.srv.clear();
  catalog().Configure(settings_, now_);
  EXPECT_EQ(Show(), "extra:starting");
}

TEST_F(CatalogTest, SnapshotsAreTheSameUntilSomethingVisibleChanges) {
  Receive(Found({Target("shard-0", "10.0.0.1:80")}));
  Check(0, Health::kGood, 2, "L4OK");
  const ShardSetPtr before = catalog().Snapshot(now_);
  EXPECT_FALSE(catalog().Record(
      {.endpoint = 0, .health = Health::kGood, .status = "L4OK", .ms = 55}, now_ + 1s));
  EXPECT_EQ(catalog().Snapshot(now_ + 1s), before);
  EXPECT_TRUE(catalog().Record({.endpoint = 0, .health = Health::kBad, .status = "L4CON"}, now_));
  const ShardSetPtr after = catalog().Snapshot(now_);
  EXPECT_NE(after, before);
  EXPECT_EQ(after->generation, before->generation + 1);
  EXPECT_TRUE(before->FindById(0)->endpoints[0].up) << "a snapshot never changes";
}

// Whatever happens: ids stay what they were, the order is right, and a deadline is never missed.
TEST_F(CatalogTest, RandomEvents) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  settings_.name = {.pattern = R"(^(shard-\d+)-)", .replace = "$1"};
  std::map<std::string, ShardId> shard_ids;
  std::map<std::string, EndpointId> endpoint_ids;
  for (int step = 0; step < 5000; ++step) {
    if (random() % 3 == 0) {
      ServiceAnswer answer;
      answer.outcome = static_cast<LookupOutcome>(random() % 3);
      for (int i = 0; i < 12 && answer.outcome == LookupOutcome::kFound; ++i) {
        if (random() % 3 == 0) continue;
        answer.targets.push_back(
            Target("shard-" + std::to_string(i / 3) + "-web-" + std::to_string(i),
                   "10.0." + std::to_string(random() % 2) + "." + std::to_string(i) + ":80",
                   static_cast<uint16_t>(random() % 3)));
      }
      std::shuffle(answer.targets.begin(), answer.targets.end(), random);
      Receive(answer);
    }
    for (const CheckSubject& subject : catalog().Subjects()) {
      const Health results[] = {Health::kBad, Health::kSoft, Health::kGood};
      if (random() % 2 == 0) Check(subject.endpoint, results[random() % 3], 1);
    }
    Pass(Duration(random() % 10000));
    const auto deadline = catalog().NextDeadline();
    ASSERT_TRUE(!deadline || *deadline > now_);
    const ShardSetPtr snapshot = catalog().Snapshot(now_);
    ASSERT_TRUE(std::ranges::is_sorted(snapshot->shards, {}, &Shard::name));
    for (const Shard& shard : snapshot->shards) {
      ASSERT_EQ(shard_ids.try_emplace(shard.name, shard.id).first->second, shard.id);
      ASSERT_EQ(snapshot->FindById(shard.id), &shard);
      ASSERT_FALSE(shard.endpoints.empty());
      ASSERT_TRUE(std::ranges::is_sorted(shard.endpoints, {}, &Endpoint::name));
      for (const Endpoint& endpoint : shard.endpoints) {
        const std::string key = shard.name + " " + endpoint.address.ToString();
        ASSERT_EQ(endpoint_ids.try_emplace(key, endpoint.id).first->second, endpoint.id);
      }
    }
  }
  EXPECT_EQ(shard_ids.size(), 4U);
  EXPECT_EQ(endpoint_ids.size(), 24U);
}

}  // namespace
}  // namespace room_router
