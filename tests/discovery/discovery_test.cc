// SPDX-License-Identifier: Apache-2.0
#include "discovery/discovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "tests/discovery/dns_server.h"
#include "tests/discovery/loop.h"
#include "tests/discovery/responder.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::A;
using test::Responder;
using test::Srv;

const std::string kService = "_http._tcp.web.jitsi.svc.cluster.local";

class DiscoveryTest : public testing::Test {
 protected:
  DiscoveryTest() : dns_(io_) {
    settings_.discovery.srv = {kService};
    settings_.discovery.resolvers = {dns_.address()};
    settings_.discovery.refresh_min = 10ms;
    settings_.discovery.refresh_max = 20ms;
    settings_.discovery.obsolete = 50ms;
    settings_.health.interval = 20ms;
    settings_.health.soft_down_grace = 50ms;
    settings_.health.dampening = 40ms;
  }
  ~DiscoveryTest() override {
    Stop();
    dns_.Close();
    for (Responder& responder : responders_) responder.Close();
    io_.restart();
    io_.run();  // returns: nothing is left behind
  }
  void Start() {
    discovery_ = std::make_unique<Discovery>(
        io_, settings_,
        [this](ShardSetPtr snapshot) {
          ASSERT_TRUE(snapshot);
          ASSERT_TRUE(!latest_ || snapshot->generation > latest_->generation);
          latest_ = std::move(snapshot);
        },
        [this](const Event& event) { events_.push_back(std::string(ToString(event.kind))); });
    discovery_->Start();
  }
  void Stop() {
    if (!discovery_) return;
    bool drained = false;
    discovery_->Stop([&] { drained = true; });
    EXPECT_TRUE(test::RunUntil(io_, [&] { return drained; }));
    discovery_.reset();
  }
  // A shard's web server, told to DNS.
  Responder& AddShard(const std::string& name, Responder::Mode mode = Responder::Mode::kListening) {
    Responder& responder = responders_.emplace_back(io_, "", mode);
    const std::string target = name + ".web.jitsi.svc.cluster.local";
    services_[name] = {Srv(kService, target, {.port = responder.address().port()}, 5)};
    addresses_.push_back(A(target, "127.0.0.1", 5));
    TellDns();
    return responder;
  }
  void RemoveShard(const std::string& name) {
    services_.erase(name);
    TellDns();
  }
  void TellDns() {
    std::vector<test::Record> records;
    for (const auto& [name, service] : services_) {
      records.insert(records.end(), service.begin(), service.end());
    }
    dns_.Set(kService, test::kSrv, records, addresses_);
  }
  std::string Show() const {
    if (!latest_) return "none";
    std::string text = latest_->answered ? "answered" : "asking";
    for (const Shard& shard : latest_->shards) {
      text += " " + shard.name + ":" + std::string(ToString(shard.state));
    }
    return text;
  }
  // Runs until the published shards look like that.
  testing::AssertionResult Becomes(const std::string& text) {
    if (test::RunUntil(io_, [&] { return Show() == text; })) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "still " << Show();
  }
  bool Happened(const std::string& event) const {
    return std::find(events_.begin(), events_.end(), event) != events_.end();
  }

  boost::asio::io_context io_{1};
  test::DnsServer dns_;
  config::Shards settings_;
  std::list<Responder> responders_;
  std::map<std::string, std::vector<test::Record>> services_;
  std::vector<test::Record> addresses_;
  ShardSetPtr latest_;
  std::vector<std::string> events_;
  std::unique_ptr<Discovery> discovery_;
};

TEST_F(DiscoveryTest, ShardsAreFoundCheckedAndPublished) {
  AddShard("shard-0");
  AddShard("shard-1");
  Start();
  EXPECT_EQ(latest_, nullptr) << "published from within a call";
  EXPECT_TRUE(Becomes("answered shard-0:up shard-1:up"));
  EXPECT_TRUE(Happened("shard_added"));
  EXPECT_TRUE(Happened("shard_state"));
}

TEST_F(DiscoveryTest, StaticShardsNeedNoDns) {
  settings_.discovery.srv.clear();
  Responder& web = responders_.emplace_back(io_);
  settings_.static_shards = {{.name = "fixed", .addresses = {web.address()}}};
  Start();
  EXPECT_TRUE(Becomes("answered fixed:up"));
  EXPECT_EQ(dns_.udp_queries(), 0);
}

TEST_F(DiscoveryTest, StartsWithoutAnAnswerAndKeepsAsking) {
  dns_.SetFailure(kService, test::kSrv, 2);
  Start();
  EXPECT_TRUE(Becomes("asking"));
  ASSERT_TRUE(test::RunUntil(io_, [&] { return dns_.asked(kService, test::kSrv) > 8; }));
  EXPECT_EQ(Show(), "asking");
  AddShard("shard-0");
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  EXPECT_TRUE(Happened("lookup_failed"));
  EXPECT_TRUE(Happened("lookup_recovered"));
}

TEST_F(DiscoveryTest, ShardsComeAndGoWithDns) {
  AddShard("shard-0");
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  AddShard("shard-1");
  EXPECT_TRUE(Becomes("answered shard-0:up shard-1:up"));
  RemoveShard("shard-0");
  EXPECT_TRUE(Becomes("answered shard-1:up"));
  EXPECT_TRUE(Happened("target_obsolete"));
}

TEST_F(DiscoveryTest, FailingDnsLosesNothing) {
  AddShard("shard-0");
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  dns_.SetFailure(kService, test::kSrv, 2);
  const int asked = dns_.asked(kService, test::kSrv);
  ASSERT_TRUE(test::RunUntil(io_, [&] { return dns_.asked(kService, test::kSrv) > asked + 6; }));
  EXPECT_EQ(Show(), "answered shard-0:up");
}

TEST_F(DiscoveryTest, FailingShardGoesSoftDownThenDownAndComesBack) {
  Responder& web = AddShard("shard-0");
  settings_.health.checks = {
      {.type = config::HealthCheck::Type::kHttp, .url = "http://{address}/health"}};
  web.SetAnswer("HTTP/1.1 200 OK\r\n\r\n");
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  web.SetAnswer("HTTP/1.1 500 Broken\r\n\r\n");
  EXPECT_TRUE(Becomes("answered shard-0:soft_down"));
  EXPECT_TRUE(Becomes("answered shard-0:down"));
  EXPECT_FALSE(latest_->shards[0].endpoints[0].up);
  EXPECT_EQ(latest_->shards[0].endpoints[0].last_check, "L7STS/500");
  web.SetAnswer("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_TRUE(Becomes("answered shard-0:up"));
}

TEST_F(DiscoveryTest, ConnectFailuresTakeAnEndpointOutAndCheckItAtOnce) {
  Responder& web = AddShard("shard-0");
  web.SetAnswer("HTTP/1.1 200 OK\r\n\r\n");
  settings_.health.checks = {
      {.type = config::HealthCheck::Type::kHttp, .url = "http://{address}/"}};
  settings_.health.timeout = 1h;
  settings_.discovery.refresh_max = 1h;
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  settings_.health.interval = 1h;
  discovery_->Reconfigure(settings_);
  const size_t checks = web.requests().size();
  web.SetAnswer("");
  for (int i = 0; i < settings_.health.fall; ++i) discovery_->ReportConnectFailure(0);
  const auto& endpoint = [this]() -> const Endpoint& { return latest_->shards[0].endpoints[0]; };
  ASSERT_TRUE(test::RunUntil(io_, [&] { return !endpoint().up; }));
  EXPECT_EQ(Show(), "answered shard-0:up") << "the shard's state is for the checks to decide";
  ASSERT_TRUE(test::RunUntil(io_, [&] { return web.requests().size() > checks; }));
  web.SetAnswer("HTTP/1.1 200 OK\r\n\r\n");
  web.AnswerNow();
  EXPECT_TRUE(test::RunUntil(io_, [&] { return endpoint().up; })) << "a passed check ends it";
}

TEST_F(DiscoveryTest, RequestedCheckDoesNotWait) {
  Responder& web = AddShard("shard-0");
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  settings_.health.interval = 1h;
  discovery_->Reconfigure(settings_);
  const int accepted = web.accepted();
  discovery_->RequestCheck(0);
  EXPECT_TRUE(test::RunUntil(io_, [&] { return web.accepted() > accepted; }));
}

TEST_F(DiscoveryTest, ShardWithoutUsableEndpointIsLookedUpAgain) {
  AddShard("shard-0");
  settings_.discovery.refresh_max = 1h;
  services_["shard-0"][0].ttl = addresses_[0].ttl = 3600;
  TellDns();
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  const int asked = dns_.asked(kService, test::kSrv);
  for (int i = 0; i < settings_.health.fall; ++i) discovery_->ReportConnectFailure(0);
  EXPECT_TRUE(test::RunUntil(io_, [&] { return dns_.asked(kService, test::kSrv) > asked; }));
}

TEST_F(DiscoveryTest, ShardThatFailsItsChecksIsLookedUpAgain) {
  Responder& web = AddShard("shard-0");
  settings_.discovery.refresh_max = 1h;
  services_["shard-0"][0].ttl = addresses_[0].ttl = 3600;
  TellDns();
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  EXPECT_EQ(dns_.asked(kService, test::kSrv), 1);
  web.Close();
  EXPECT_TRUE(test::RunUntil(io_, [&] { return dns_.asked(kService, test::kSrv) > 1; }));
}

TEST_F(DiscoveryTest, ShorterRefreshCountsAtOnce) {
  AddShard("shard-0");
  settings_.discovery.refresh_max = 1h;
  services_["shard-0"][0].ttl = addresses_[0].ttl = 3600;
  TellDns();
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  settings_.discovery.refresh_max = 20ms;
  discovery_->Reconfigure(settings_);
  EXPECT_TRUE(test::RunUntil(io_, [&] { return dns_.asked(kService, test::kSrv) > 3; }));
}

TEST_F(DiscoveryTest, OperatorsMarksArePublished) {
  AddShard("shard-0");
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  const WeightOrder three{.amount = 3, .percent = false};
  const ShardOrder order{
      .state = AdminState::kDrain, .given = true, .since = Clock::now(), .weight = three};
  EXPECT_FALSE(discovery_->Obey("shard-7", order));
  EXPECT_TRUE(discovery_->Obey("shard-0", order));
  ASSERT_TRUE(test::RunUntil(io_, [&] { return latest_->shards[0].admin == AdminState::kDrain; }));
  EXPECT_EQ(latest_->shards[0].weight, 3);
}

TEST_F(DiscoveryTest, ReconfigureChangesServicesAndResolvers) {
  AddShard("shard-0");
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  test::DnsServer other(io_);
  const std::string service = "_http._tcp.elsewhere";
  Responder& web = responders_.emplace_back(io_);
  other.Set(service, test::kSrv, {Srv(service, "fresh.web", {.port = web.address().port()})},
            {A("fresh.web", "127.0.0.1")});
  settings_.discovery.srv = {service};
  settings_.discovery.resolvers = {other.address()};
  discovery_->Reconfigure(settings_);
  EXPECT_TRUE(Becomes("answered fresh:up"));
  other.Close();
}

TEST_F(DiscoveryTest, NothingIsPublishedWhileNothingChanges) {
  Responder& web = AddShard("shard-0");
  Start();
  EXPECT_TRUE(Becomes("answered shard-0:up"));
  const int accepted = web.accepted();
  ASSERT_TRUE(test::RunUntil(io_, [&] { return web.accepted() > accepted + 2; }));
  const ShardSetPtr before = latest_;
  ASSERT_TRUE(test::RunUntil(io_, [&] { return web.accepted() > accepted + 12; }));
  EXPECT_EQ(latest_, before);
}

TEST_F(DiscoveryTest, StopWhileEverythingIsUnderWay) {
  AddShard("shard-0");
  dns_.SetSilent("_http._tcp.silent", test::kSrv);
  settings_.discovery.srv.push_back("_http._tcp.silent");
  settings_.health.timeout = 1h;
  settings_.health.checks = {
      {.type = config::HealthCheck::Type::kHttp, .url = "http://{address}/"}};
  Start();
  ASSERT_TRUE(test::RunUntil(io_, [&] { return !responders_.front().requests().empty(); }));
  Stop();
  EXPECT_EQ(discovery_, nullptr);
}

}  // namespace
}  // namespace room_router
