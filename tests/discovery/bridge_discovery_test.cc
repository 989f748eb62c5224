// SPDX-License-Identifier: Apache-2.0
#include "discovery/bridge_discovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/discovery/dns_server.h"
#include "tests/discovery/loop.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::A;
using test::Srv;

const std::string kService = "_colibri._tcp.jvb.test";

class BridgeDiscoveryTest : public testing::Test {
 protected:
  BridgeDiscoveryTest()
      : dns_(io_),
        discovery_(
            io_,
            [this](BridgeSetPtr set) {
              latest_ = std::move(set);
              ++published_;
            },
            [this](const Event& event) { events_.push_back(std::string(ToString(event.kind))); }) {
    settings_.enabled = true;
    settings_.srv = {kService};
    questions_.resolvers = {dns_.address()};
    questions_.refresh_min = 10ms;
    questions_.refresh_max = 20ms;
    questions_.obsolete = 50ms;
  }
  ~BridgeDiscoveryTest() override {
    discovery_.Stop();
    dns_.Close();
    io_.restart();
  }
  void Tell(const std::string& ip) {
    dns_.Set(kService, test::kSrv, {Srv(kService, "jvb-0.jvb.test", {.port = 9090}, 1)},
             {A("jvb-0.jvb.test", ip, 1)});
  }
  void Configure() { discovery_.Configure(settings_, questions_); }
  std::string AddressOf(const std::string& id) const {
    const Endpoint* bridge = latest_ ? latest_->Find(id) : nullptr;
    return bridge == nullptr ? "none" : bridge->address.ToString();
  }
  bool Becomes(const std::string& id, const std::string& address) {
    return test::RunUntil(io_, [&] { return AddressOf(id) == address; });
  }

  boost::asio::io_context io_{1};
  test::DnsServer dns_;
  config::Bridges settings_;
  config::ShardDiscovery questions_;
  BridgeSetPtr latest_;
  int published_ = 0;
  std::vector<std::string> events_;
  BridgeDiscovery discovery_;
};

TEST_F(BridgeDiscoveryTest, BridgesAreFoundFollowedAndForgotten) {
  Tell("10.0.0.7");
  Configure();
  EXPECT_EQ(published_, 0) << "published from within a call";
  EXPECT_TRUE(Becomes("jvb-0", "10.0.0.7:9090"));
  EXPECT_EQ(AddressOf("10.0.0.7"), "10.0.0.7:9090");
  Tell("10.0.0.8");
  EXPECT_TRUE(Becomes("jvb-0", "10.0.0.8:9090"));
  EXPECT_EQ(AddressOf("10.0.0.7"), "none");
  dns_.Set(kService, test::kSrv, {});
  EXPECT_TRUE(Becomes("jvb-0", "none"));
  EXPECT_NE(std::find(events_.begin(), events_.end(), "bridge_removed"), events_.end());
}

TEST_F(BridgeDiscoveryTest, NothingIsAskedOrPublishedWhileOff) {
  Tell("10.0.0.7");
  settings_.enabled = false;
  Configure();
  discovery_.AskSoon();
  io_.poll();
  EXPECT_EQ(published_, 0);
  EXPECT_EQ(dns_.asked(kService, test::kSrv), 0);
  settings_.enabled = true;
  Configure();
  EXPECT_TRUE(Becomes("jvb-0", "10.0.0.7:9090"));
  settings_.enabled = false;
  Configure();
  EXPECT_TRUE(test::RunUntil(io_, [&] { return latest_ == nullptr; }));
}

TEST_F(BridgeDiscoveryTest, BridgesOfTheListNeedNoDns) {
  settings_.srv.clear();
  settings_.static_bridges = {{.id = "jvb-a", .address = *SocketAddress::Parse("10.0.0.9:9090")}};
  Configure();
  EXPECT_TRUE(Becomes("jvb-a", "10.0.0.9:9090"));
  EXPECT_EQ(dns_.udp_queries() + dns_.tcp_queries(), 0);
}

TEST_F(BridgeDiscoveryTest, ConnectFailuresHaveDnsAskedAgain) {
  Tell("10.0.0.7");
  questions_.refresh_max = 1h;
  dns_.Set(kService, test::kSrv, {Srv(kService, "jvb-0.jvb.test", {.port = 9090}, 3600)},
           {A("jvb-0.jvb.test", "10.0.0.7", 3600)});
  Configure();
  EXPECT_TRUE(Becomes("jvb-0", "10.0.0.7:9090"));
  Tell("10.0.0.8");
  discovery_.AskSoon();
  EXPECT_TRUE(Becomes("jvb-0", "10.0.0.8:9090"));
}

}  // namespace
}  // namespace room_router
