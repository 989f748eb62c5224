// SPDX-License-Identifier: Apache-2.0
#include "discovery/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace room_router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart{1h};

ServiceTarget Target(const std::string& name, const std::string& address, uint16_t weight = 10,
                     uint16_t priority = 0) {
  ServiceTarget target;
  target.name = name;
  target.addresses = {*SocketAddress::Parse(address)};
  target.port = target.addresses[0].port();
  target.weight = weight;
  target.priority = priority;
  return target;
}

const std::string kEu = "_http._tcp.web.jitsi-eu.svc.cluster.local";
const std::string kPlain = "_http._tcp.web.jitsi.svc.cluster.local";

ServiceAnswer Found(const std::vector<std::string>& labels) {
  ServiceAnswer answer{.outcome = LookupOutcome::kFound, .ttl = 5s};
  for (const std::string& label : labels) {
    const std::string address = "10.0.0." + std::to_string(answer.targets.size() + 1) + ":80";
    ServiceTarget target;
    target.name = label + ".web.svc";
    target.addresses = {*SocketAddress::Parse(address)};
    target.port = 80;
    answer.targets.push_back(target);
  }
  return answer;
}

class MembershipTest : public testing::Test {
 protected:
  void Answer(const std::string& service, std::vector<ServiceTarget> targets) {
    services_[service].Receive({.outcome = LookupOutcome::kFound, .targets = std::move(targets)},
                               kStart);
  }
  Membership Join() const { return JoinMembers(static_, services_, TargetNaming(settings_)); }
  // "shard-0 10@0: web-0=10.0.0.1:80"
  std::vector<std::string> Show() const {
    std::vector<std::string> lines;
    for (const Member& member : Join().members) {
      std::string line = member.shard + " " + std::to_string(static_cast<int>(member.weight)) +
                         "@" + std::to_string(member.priority) + ":";
      for (const Member::Place& place : member.places) {
        line += " " + place.name + "=" + place.address.ToString();
      }
      lines.push_back(line);
    }
    return lines;
  }

  std::vector<config::StaticShard> static_;
  std::map<std::string, TargetHold> services_;
  config::Shards settings_;
};

TEST_F(MembershipTest, PodsOfSeveralServicesAreOneShardByName) {
  settings_.name.pattern = R"(^(shard-\d+)-)";
  Answer("a", {Target("shard-0-web-0.web", "10.0.0.1:80", 10, 2),
               Target("shard-1-web-0.web", "10.0.0.2:80")});
  Answer("b", {Target("shard-0-web-1.web", "10.0.0.3:80", 30, 1)});
  EXPECT_THAT(Show(),
              ElementsAre("shard-0 30@1: shard-0-web-0=10.0.0.1:80 shard-0-web-1=10.0.0.3:80",
                          "shard-1 10@0: shard-1-web-0=10.0.0.2:80"));
}

TEST_F(MembershipTest, WhatIsStaticWinsAndObsoleteTargetsWeighNothing) {
  static_ = {{.name = "shard-0", .addresses = {*SocketAddress::Parse("10.0.0.9:80")}, .weight = 7}};
  Answer("a",
         {Target("shard-0.web", "10.0.0.1:80", 200), Target("shard-1.web", "10.0.0.2:80", 90)});
  Answer("b", {Target("shard-1.more", "10.0.0.3:80", 20)});
  EXPECT_THAT(Show(), ElementsAre("shard-0 7@0: 10.0.0.9:80=10.0.0.9:80 shard-0=10.0.0.1:80",
                                  "shard-1 90@0: shard-1=10.0.0.2:80 shard-1=10.0.0.3:80"));
  Answer("a", {Target("shard-0.web", "10.0.0.1:80", 200)});
  EXPECT_EQ(Show().at(1), "shard-1 20@0: shard-1=10.0.0.2:80 shard-1=10.0.0.3:80");
}

TEST_F(MembershipTest, AnAddressThatAnotherShardHasByNowIsNotHeld) {
  Answer("a", {Target("shard-0.web", "10.0.0.1:80"), Target("shard-1.web", "10.0.0.2:80")});
  Answer("a", {Target("shard-0.web", "10.0.0.2:80")});
  EXPECT_THAT(Show(), ElementsAre("shard-0 10@0: shard-0=10.0.0.2:80", "shard-1 10@0:"));
  Answer("a", {Target("shard-0.web", "10.0.0.2:80"), Target("shard-1.web", "10.0.0.3:80")});
  EXPECT_EQ(Show().at(1), "shard-1 10@0: shard-1=10.0.0.3:80");
}

TEST_F(MembershipTest, AnAddressOfTwoShardsIsTheirsAsLongAsDnsSaysSo) {
  Answer("a", {Target("shard-0.web", "10.0.0.1:80"), Target("shard-1.web", "10.0.0.1:80")});
  EXPECT_THAT(Show(), ElementsAre("shard-0 10@0: shard-0=10.0.0.1:80",
                                  "shard-1 10@0: shard-1=10.0.0.1:80"));
}

TEST_F(MembershipTest, TargetsThatMakeNoShardNameAreLeftOutWithAdvice) {
  settings_.name.pattern = "^(nothing)";
  Answer("a", {Target(std::string(64, 'a') + ".web", "10.0.0.1:80")});
  EXPECT_THAT(Show(), IsEmpty());
  EXPECT_EQ(Join().advice.size(), 1U);
}

TEST(Membership, LabelsAreReadFromTargetsAndServices) {
  config::Shards settings;
  settings.name.pattern = "^(shard-[0-9])";
  settings.region = {.from = config::ShardLabel::Source::kSrv, .pattern = R"(\.jitsi-([^.]+)\.)"};
  settings.release = {.pattern = "-r([0-9]+)[.]"};
  std::map<std::string, TargetHold> services;
  services[kPlain].Receive(Found({"shard-0-r5", "shard-1-r6"}), TimePoint{});
  services[kEu].Receive(Found({"shard-1-r5"}), TimePoint{});
  config::StaticShard fixed{.name = "shard-1", .addresses = {*SocketAddress::Parse("10.1.0.1:80")}};
  const auto members = JoinMembers({}, services, TargetNaming(settings)).members;
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].release, "5");
  EXPECT_EQ(members[0].region, "");
  EXPECT_EQ(members[1].release, "5") << "of two that differ the first one's, by service";
  EXPECT_EQ(members[1].region, "eu") << "of the service that has one";
  const auto with_static = JoinMembers({fixed}, services, TargetNaming(settings)).members;
  EXPECT_EQ(with_static[1].region, "") << "a static item says all there is to say";
}

}  // namespace
}  // namespace room_router
