// SPDX-License-Identifier: Apache-2.0
#include "discovery/bridge_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace room_router {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const TimePoint kStart{1h};
constexpr Duration kHold = 30s;
const std::string kService = "_colibri._tcp.jvb.test";

ServiceTarget Target(const std::string& name, const std::vector<std::string>& ips,
                     uint16_t port = 9090) {
  ServiceTarget target;
  target.name = name;
  target.port = port;
  for (const auto& ip : ips) target.addresses.push_back(*SocketAddress::FromIp(ip, port));
  return target;
}

ServiceAnswer Found(std::vector<ServiceTarget> targets) {
  return {.outcome = LookupOutcome::kFound, .ttl = 5s, .targets = std::move(targets)};
}

class BridgeCatalogTest : public testing::Test {
 protected:
  BridgeCatalogTest() {
    settings_.enabled = true;
    settings_.srv = {kService};
    Configure();
  }
  void Configure() { catalog_.Configure(settings_, kHold, now_); }
  void Receive(const ServiceAnswer& answer) { catalog_.Receive(kService, answer, now_); }
  // "10.0.0.7=10.0.0.7:9090 jvb-0=10.0.0.7:9090"
  std::string Show() {
    const auto set = catalog_.Snapshot();
    if (!set) return "off";
    std::string text;
    for (const Endpoint& bridge : set->bridges) {
      EXPECT_EQ(bridge.id, kBridgeEndpoint);
      text += (text.empty() ? "" : " ") + bridge.name + "=" + bridge.address.ToString();
    }
    return text;
  }
  std::vector<std::string> Events() {
    catalog_.Snapshot();
    std::vector<std::string> texts;
    for (const Event& event : catalog_.TakeEvents()) {
      texts.push_back(std::string(ToString(event.kind)) + " " + event.endpoint);
    }
    return texts;
  }

  config::Bridges settings_;
  TimePoint now_ = kStart;
  BridgeCatalog catalog_;
};

TEST_F(BridgeCatalogTest, TargetsAreKnownByLabelAndByAddress) {
  EXPECT_EQ(Show(), "");
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"}), Target("jvb-1.jvb.test", {"10.0.0.8"})}));
  EXPECT_EQ(Show(),
            "10.0.0.7=10.0.0.7:9090 10.0.0.8=10.0.0.8:9090 jvb-0=10.0.0.7:9090 "
            "jvb-1=10.0.0.8:9090");
  EXPECT_THAT(Events(), ElementsAre("bridge_added 10.0.0.7", "bridge_added 10.0.0.8",
                                    "bridge_added jvb-0", "bridge_added jvb-1"));
}

TEST_F(BridgeCatalogTest, IdsMatchExactlyOrNotAtAll) {
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"}), Target("jvb-10.jvb.test", {"10.0.0.8"})}));
  const auto set = catalog_.Snapshot();
  ASSERT_TRUE(set);
  EXPECT_EQ(set->Find("jvb-0")->address.ToString(), "10.0.0.7:9090");
  EXPECT_EQ(set->Find("10.0.0.8")->address.ToString(), "10.0.0.8:9090");
  for (const char* id :
       {"",          "jvb",       "jvb-",           "jvb-1",     "jvb-00",       "JVB-0",
        "Jvb-0",     "jvb-0.",    "jvb-0.jvb.test", ".jvb-0",    "10.0.0",       "10.0.0.",
        "10.0.0.7.", "10.0.0.70", "010.0.0.7",      "10.0.0.07", "167772167",    "0xa000007",
        "10.7",      "10.0.7",    "jvb.test",       "jvb-0 ",    "10.0.0.7:9090"}) {
    EXPECT_EQ(set->Find(id), nullptr) << id;
  }
}

TEST_F(BridgeCatalogTest, PortIsTheRecordsUnlessConfigured) {
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"}, 8443)}));
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:8443 jvb-0=10.0.0.7:8443");
  settings_.port = 9090;
  settings_.static_bridges = {{.id = "s", .address = *SocketAddress::Parse("10.0.0.9:1")}};
  Configure();
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9090 jvb-0=10.0.0.7:9090 s=10.0.0.9:1");
}

TEST_F(BridgeCatalogTest, BridgesOfTheListHaveOnlyTheirId) {
  settings_.srv.clear();
  settings_.static_bridges = {{.id = "JVB-a", .address = *SocketAddress::Parse("10.0.0.9:9090")}};
  Configure();
  EXPECT_EQ(Show(), "JVB-a=10.0.0.9:9090");
}

TEST_F(BridgeCatalogTest, IPv4IsTakenWhereThereAreBoth) {
  Receive(Found(
      {Target("both.jvb.test", {"fd00::7", "10.0.0.7"}), Target("six.jvb.test", {"fd00::8"})}));
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9090 both=10.0.0.7:9090 six=[fd00::8]:9090");
}

TEST_F(BridgeCatalogTest, LabelsThatAreNoIdsAreLeftOut) {
  Receive(Found({Target("a b.jvb.test", {"10.0.0.7"}), Target("", {"10.0.0.8"}),
                 Target(std::string(64, 'j') + ".test", {"10.0.0.9"})}));
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9090 10.0.0.8=10.0.0.8:9090 10.0.0.9=10.0.0.9:9090");
}

TEST_F(BridgeCatalogTest, AnIdOfTwoAddressesBelongsToNeitherAndIsSaidOnce) {
  Receive(Found({Target("jvb-0.a.test", {"10.0.0.7"}), Target("jvb-0.b.test", {"10.0.0.8"})}));
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9090 10.0.0.8=10.0.0.8:9090");
  EXPECT_THAT(Events(), testing::Contains("bridge_ambiguous jvb-0").Times(1));
  Receive(Found({Target("jvb-0.a.test", {"10.0.0.7"}), Target("jvb-0.b.test", {"10.0.0.8"})}));
  EXPECT_THAT(Events(), IsEmpty());
  now_ += kHold + 1s;
  Receive(Found({Target("jvb-0.a.test", {"10.0.0.7"})}));
  now_ += kHold;
  catalog_.Tick(now_);
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9090 jvb-0=10.0.0.7:9090");
  Receive(Found({Target("jvb-0.a.test", {"10.0.0.7", "10.0.0.9"})}));
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9090 10.0.0.9=10.0.0.9:9090") << "two A records";
  EXPECT_THAT(Events(), testing::Contains("bridge_ambiguous jvb-0").Times(1)) << "said anew";
}

TEST_F(BridgeCatalogTest, TwoPortsOfOneAddressAreTwoBridges) {
  Receive(Found(
      {Target("jvb-0.a.test", {"10.0.0.7"}, 9090), Target("jvb-1.a.test", {"10.0.0.7"}, 9091)}));
  EXPECT_EQ(Show(), "jvb-0=10.0.0.7:9090 jvb-1=10.0.0.7:9091");
  EXPECT_THAT(Events(), testing::Contains("bridge_ambiguous 10.0.0.7"));
}

TEST_F(BridgeCatalogTest, ListAndDnsThatDisagreeAreAmbiguous) {
  settings_.static_bridges = {{.id = "jvb-0", .address = *SocketAddress::Parse("10.0.0.9:9090")}};
  Configure();
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9090");
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.9"})}));
  EXPECT_EQ(Show(), "10.0.0.9=10.0.0.9:9090 jvb-0=10.0.0.9:9090") << "they agree";
}

TEST_F(BridgeCatalogTest, NewAddressesCountAtOnce) {
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.8"})}));
  EXPECT_EQ(Show(), "10.0.0.8=10.0.0.8:9090 jvb-0=10.0.0.8:9090");
}

TEST_F(BridgeCatalogTest, WhatIsObsoleteClaimsNothingThatIsCurrent) {
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"}, 9090)}));
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"}, 9091)}));
  EXPECT_EQ(Show(), "10.0.0.7=10.0.0.7:9091 jvb-0=10.0.0.7:9091");
  EXPECT_THAT(Events(), testing::Not(testing::Contains("bridge_ambiguous jvb-0")));
}

TEST_F(BridgeCatalogTest, BadAnswersAreHeldAsShardsAre) {
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  const auto before = catalog_.Snapshot();
  Receive({.outcome = LookupOutcome::kFailed, .error = "timeout"});
  now_ += 10min;
  catalog_.Tick(now_);
  EXPECT_EQ(catalog_.Snapshot(), before) << "a failure changes nothing, not even the snapshot";
  Receive({.outcome = LookupOutcome::kAbsent});
  EXPECT_EQ(catalog_.Snapshot(), before);
  EXPECT_EQ(catalog_.NextDeadline(), now_ + kHold);
  now_ += kHold;
  catalog_.Tick(now_);
  EXPECT_EQ(Show(), "");
  EXPECT_EQ(catalog_.NextDeadline(), std::nullopt);
}

TEST_F(BridgeCatalogTest, EventsSayWhatHappened) {
  Receive({.outcome = LookupOutcome::kAbsent});
  const auto events = catalog_.TakeEvents();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_THAT(events[0].detail, testing::HasSubstr("check bridges.srv"));
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  EXPECT_THAT(Events(),
              ElementsAre("lookup_recovered ", "bridge_added 10.0.0.7", "bridge_added jvb-0"));
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.8"})}));
  EXPECT_THAT(Events(), ElementsAre("bridge_removed 10.0.0.7", "bridge_removed jvb-0",
                                    "bridge_added 10.0.0.8", "bridge_added jvb-0"));
}

TEST_F(BridgeCatalogTest, OffMeansNoSnapshotAndNoMemory) {
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  settings_.enabled = false;
  Configure();
  EXPECT_EQ(Show(), "off");
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  EXPECT_EQ(Show(), "off");
  settings_.enabled = true;
  Configure();
  EXPECT_EQ(Show(), "") << "asked anew";
}

TEST_F(BridgeCatalogTest, ServicesThatAreNoLongerConfiguredAreForgotten) {
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  settings_.srv = {"_other._tcp.test"};
  Configure();
  EXPECT_EQ(Show(), "");
  Receive(Found({Target("jvb-0.jvb.test", {"10.0.0.7"})}));
  EXPECT_EQ(Show(), "");
}

}  // namespace
}  // namespace room_router
