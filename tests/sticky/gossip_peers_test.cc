// SPDX-License-Identifier: Apache-2.0
// Where the replicas are: answers one by one, and a DNS server that changes its mind.
#include "sticky/gossip_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "tests/discovery/dns_server.h"
#include "tests/discovery/loop.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::A;
using test::Srv;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kService = "_gossip._tcp.router.jitsi";
constexpr int kServfail = 2;

using Texts = std::vector<std::string>;

Texts ToTexts(const std::vector<SocketAddress>& addresses) {
  Texts texts;
  for (const SocketAddress& address : addresses) texts.push_back(address.ToString());
  std::ranges::sort(texts);
  return texts;
}

ServiceTarget Target(const std::string& name, const Texts& addresses, bool partial = false) {
  ServiceTarget target{.name = name, .port = 7946, .partial = partial};
  for (const std::string& text : addresses) {
    target.addresses.push_back(*SocketAddress::Parse(text));
  }
  return target;
}

ServiceAnswer Found(const std::vector<ServiceTarget>& targets) {
  return {.outcome = LookupOutcome::kFound, .error = "", .targets = targets};
}

TEST(GossipPeerSetTest, UnionOfNamesAndFixedAddresses) {
  GossipPeerSet set;
  set.Configure({.srv = {kService}, .static_peers = {"[::1]:1", "10.0.0.9:2", "b.test:7"}});
  EXPECT_THAT(set.names(), ElementsAre(kService, "b.test:7"));
  EXPECT_EQ(ToTexts(set.addresses()), (Texts{"10.0.0.9:2", "[::1]:1"}));
  EXPECT_FALSE(set.answered());
  set.Receive(kService, Found({Target("a", {"10.0.0.2:7946"}),
                               Target("b", {"10.0.0.1:7946", "10.0.0.2:7946"})}));
  set.Receive("never asked for", Found({Target("x", {"10.6.6.6:1"})}));
  EXPECT_FALSE(set.answered());
  set.Receive("b.test:7", {.outcome = LookupOutcome::kAbsent, .error = ""});
  EXPECT_TRUE(set.answered());
  EXPECT_EQ(ToTexts(set.addresses()).size(), 4U) << "each once";
}

TEST(GossipPeerSetTest, FailuresKeepWhatWasThereAbsenceDoesNot) {
  GossipPeerSet set;
  set.Configure({.srv = {kService}});
  set.Receive(kService, {.outcome = LookupOutcome::kFailed, .error = "timeout"});
  EXPECT_FALSE(set.answered());
  set.Receive(kService, Found({Target("a", {"10.0.0.1:7946", "[fd00::1]:7946"}),
                               Target("b", {"10.0.0.2:7946"})}));
  set.Receive(kService, {.outcome = LookupOutcome::kFailed, .error = "timeout"});
  EXPECT_EQ(set.addresses().size(), 3U);
  set.Receive(kService, Found({Target("a", {"10.0.0.7:7946"}, true), Target("b", {}, true),
                               Target("c", {}, true)}));
  EXPECT_EQ(ToTexts(set.addresses()), (Texts{"10.0.0.2:7946", "10.0.0.7:7946", "[fd00::1]:7946"}))
      << "of the family that failed the last is kept";
  set.Receive(kService, Found({Target("a", {"10.0.0.7:7946"})}));
  EXPECT_EQ(ToTexts(set.addresses()), (Texts{"10.0.0.7:7946"}));
  set.Receive(kService, {.outcome = LookupOutcome::kAbsent, .error = ""});
  EXPECT_THAT(set.addresses(), IsEmpty());
}

TEST(GossipPeerSetTest, ConfigureKeepsNamesThatStay) {
  GossipPeerSet set;
  set.Configure({.srv = {kService, "_a._tcp.b"}, .static_peers = {"10.0.0.9:2"}});
  set.Receive(kService, Found({Target("a", {"10.0.0.1:7946"})}));
  set.Receive("_a._tcp.b", Found({Target("x", {"10.0.0.3:7946"})}));
  set.Configure({.srv = {kService}});
  EXPECT_EQ(ToTexts(set.addresses()), (Texts{"10.0.0.1:7946"}));
  EXPECT_TRUE(set.answered());
}

TEST(GossipPeerSetTest, HasALimit) {
  GossipPeerSet set;
  set.Configure({.srv = {kService}});
  std::vector<ServiceTarget> targets;
  for (int i = 0; i < 5000; ++i) {
    const std::string number = std::to_string(i / 250) + "." + std::to_string(i % 250);
    targets.push_back(Target("t" + number, {"10.0." + number + ":1"}));
  }
  set.Receive(kService, Found(targets));
  EXPECT_EQ(set.addresses().size(), GossipPeerSet::kMaxAddresses);
}

class GossipPeersTest : public testing::Test {
 protected:
  GossipPeersTest() : dns_(io_) {
    settings_.resolvers = {dns_.address()};
    settings_.refresh_min = 5ms;
    settings_.refresh_max = 10ms;
  }
  ~GossipPeersTest() override {
    found_.reset();
    dns_.Close();
    io_.restart();
    io_.run();  // returns: nothing is left behind
  }
  void Start(const config::Peers& peers) {
    const auto log = [this](const Event& event) {
      events_.push_back(std::string(ToString(event.kind)) + " " + event.detail);
    };
    found_ = std::make_unique<GossipPeers>(
        io_,
        [this](const auto& addresses) {
          EXPECT_FALSE(calling_) << "from within a call";
          told_.push_back(ToTexts(addresses));
        },
        log, 1);
    Configure(peers);
  }
  void Configure(const config::Peers& peers) {
    calling_ = true;
    found_->Configure(peers, settings_);
    calling_ = false;
  }
  testing::AssertionResult Becomes(const Texts& addresses) {
    if (test::RunUntil(io_, [&] { return !told_.empty() && told_.back() == addresses; })) {
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "told " << told_.size() << " times";
  }
  // Runs until DNS has been asked for `name` some times more.
  bool AskedAgain(const std::string& name, uint16_t type) {
    const int before = dns_.asked(name, type);
    return test::RunUntil(io_, [&] { return dns_.asked(name, type) > before + 2; });
  }

  boost::asio::io_context io_{1};
  test::DnsServer dns_;
  config::ShardDiscovery settings_;
  std::unique_ptr<GossipPeers> found_;
  std::vector<Texts> told_;
  Texts events_;
  bool calling_ = false;
};

TEST_F(GossipPeersTest, ReplicasComeAndGoWithTheirService) {
  const auto srv = [](const char* target) { return Srv(kService, target, {.port = 7946}, 1); };
  dns_.Set(kService, test::kSrv, {srv("r-0.test")}, {A("r-0.test", "10.0.0.1", 1)});
  Start({.srv = {kService}});
  EXPECT_TRUE(Becomes({"10.0.0.1:7946"}));
  EXPECT_TRUE(found_->answered());
  dns_.Set(kService, test::kSrv, {srv("r-0.test"), srv("r-1.test")},
           {A("r-0.test", "10.0.0.1", 0), A("r-1.test", "10.0.0.2", 0)});
  EXPECT_TRUE(Becomes({"10.0.0.1:7946", "10.0.0.2:7946"}));
  dns_.Set(kService, test::kSrv, {srv("r-1.test")}, {A("r-1.test", "10.0.0.3", 0)});
  EXPECT_TRUE(Becomes({"10.0.0.3:7946"}));
  ASSERT_TRUE(AskedAgain(kService, test::kSrv));
  EXPECT_EQ(told_.size(), 3U) << "only changes are told";
}

TEST_F(GossipPeersTest, FixedPlacesAndNamesOfHosts) {
  dns_.Set("replica.test", test::kA, {A("replica.test", "10.0.0.1", 0)});
  Start({.static_peers = {"127.0.0.1:7946", "replica.test:7947"}});
  EXPECT_TRUE(Becomes({"127.0.0.1:7946"}));
  EXPECT_TRUE(Becomes({"10.0.0.1:7947", "127.0.0.1:7946"}));
  dns_.Set("replica.test", test::kA, {A("replica.test", "10.0.0.2", 0)});
  EXPECT_TRUE(Becomes({"10.0.0.2:7947", "127.0.0.1:7946"}));
}

TEST_F(GossipPeersTest, FixedPlacesNeedNoDns) {
  Start({.static_peers = {"127.0.0.1:7946"}});
  EXPECT_TRUE(Becomes({"127.0.0.1:7946"}));
  EXPECT_TRUE(found_->answered());
  EXPECT_EQ(dns_.udp_queries(), 0);
}

TEST_F(GossipPeersTest, FailingDnsKeepsTheLastAnswer) {
  dns_.Set(kService, test::kSrv, {Srv(kService, "r-0.test", {.port = 7946}, 0)},
           {A("r-0.test", "10.0.0.1", 0)});
  Start({.srv = {kService}});
  EXPECT_TRUE(Becomes({"10.0.0.1:7946"}));
  dns_.SetFailure(kService, test::kSrv, kServfail);
  ASSERT_TRUE(test::RunUntil(io_, [&] { return !events_.empty(); }));
  ASSERT_TRUE(AskedAgain(kService, test::kSrv));
  EXPECT_EQ(told_.size(), 1U);
  EXPECT_TRUE(events_[0].starts_with("lookup_failed no usable answer for " + kService));
  dns_.Set(kService, test::kSrv, {Srv(kService, "r-0.test", {.port = 7946}, 0)},
           {A("r-0.test", "10.0.0.2", 0)});
  EXPECT_TRUE(Becomes({"10.0.0.2:7946"}));
  EXPECT_THAT(events_, ElementsAre(testing::_, "lookup_recovered " + kService));
}

TEST_F(GossipPeersTest, NobodyIsAnAnswerToo) {
  Start({.srv = {kService}});
  EXPECT_TRUE(Becomes({}));
  EXPECT_TRUE(found_->answered());
  EXPECT_EQ(events_,
            (Texts{"lookup_failed DNS has nothing for " + kService + ": check peers.discovery"}));
}

TEST_F(GossipPeersTest, NothingIsToldBeforeAnAnswer) {
  dns_.SetFailure(kService, test::kSrv, kServfail);
  Start({.srv = {kService}});
  ASSERT_TRUE(AskedAgain(kService, test::kSrv));
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_FALSE(found_->answered());
}

TEST_F(GossipPeersTest, ReconfiguredNamesAndResolvers) {
  dns_.Set("a.test", test::kA, {A("a.test", "10.0.0.1", 0)});
  dns_.Set("b.test", test::kA, {A("b.test", "10.0.0.2", 0)});
  Start({.static_peers = {"a.test:1"}});
  EXPECT_TRUE(Becomes({"10.0.0.1:1"}));
  Configure({.static_peers = {"a.test:1", "b.test:2"}});
  EXPECT_TRUE(Becomes({"10.0.0.1:1", "10.0.0.2:2"}));
  Configure({.static_peers = {"b.test:2"}});
  EXPECT_TRUE(Becomes({"10.0.0.2:2"}));
  test::DnsServer other(io_);
  other.Set("b.test", test::kA, {A("b.test", "10.0.0.3", 0)});
  settings_.resolvers = {other.address()};
  Configure({.static_peers = {"b.test:2"}});
  EXPECT_TRUE(Becomes({"10.0.0.3:2"}));
  other.Close();
}

TEST_F(GossipPeersTest, StoppedItSaysNothingMore) {
  dns_.SetSilent(kService, test::kSrv);
  Start({.srv = {kService}, .static_peers = {"127.0.0.1:1"}});
  ASSERT_TRUE(test::RunUntil(io_, [&] { return dns_.asked(kService, test::kSrv) > 0; }));
  told_.clear();
  found_->Stop();
  dns_.Set(kService, test::kSrv, {});
  found_.reset();
  dns_.Close();
  io_.restart();
  io_.run();
  EXPECT_THAT(told_, IsEmpty());
}

}  // namespace
}  // namespace room_router
