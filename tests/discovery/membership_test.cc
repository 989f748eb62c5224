// SPDX-License-Identifier: Apache-2.0
#include "discovery/membership.h"

#include <gtest/gtest.h>

namespace room_router {
namespace {

using namespace std::chrono_literals;

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
