// SPDX-License-Identifier: Apache-2.0
// When a replica with real streams and real DNS says that it knows the rooms.
#include "sticky/gossip_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/discovery/dns_server.h"
#include "tests/discovery/loop.h"

namespace room_router::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience{300};
constexpr const char* kService = "_gossip._tcp.router.jitsi";
constexpr const char* kOtherService = "_gossip._tcp.elsewhere";

class GossipServiceTest : public testing::Test {
 protected:
  GossipServiceTest() : dns_(io_), clock_(1, 1'800'000'000'000, Clock::now()), admin_(clock_) {
    dns_settings_.resolvers = {dns_.address()};
    dns_settings_.refresh_min = 5ms;
    dns_settings_.refresh_max = 10ms;
    peers_.listen = *SocketAddress::Parse("127.0.0.1:0");
    peers_.insecure = true;
    peers_.sync_timeout = kPatience;
  }
  ~GossipServiceTest() override {
    bool drained = service_ == nullptr;
    if (service_) service_->Stop([&drained] { drained = true; });
    EXPECT_TRUE(RunUntil(io_, [&] { return drained; }));
    service_.reset();
    dns_.Close();
    io_.restart();
    io_.run();
  }
  void Open() {
    service_ = std::make_unique<GossipService>(
        io_,
        GossipService::Settings{.peers = peers_, .dns = dns_settings_, .name = "a", .start = 1},
        Gossip::Shared{.table = table_, .names = names_, .admin = admin_, .clock = clock_},
        GossipService::Events{.conflicts = [](const auto&) {},
                              .unknown_shard = [](ShardId) {},
                              .synced = [this] { ++synced_; },
                              .log = [](const Event&) {}});
    opened_ = Clock::now();
    ASSERT_EQ(service_->Open(), "");
  }
  Clock::duration TimeUntilSynced() {
    EXPECT_TRUE(RunUntil(io_, [this] { return service_->synced(); }));
    EXPECT_EQ(synced_, 1);
    return Clock::now() - opened_;
  }

  boost::asio::io_context io_;
  DnsServer dns_;
  HybridClock clock_;
  ShardNames names_;
  AdminCells admin_;
  StickTable table_{{.clock = &clock_}};
  config::Peers peers_;
  config::ShardDiscovery dns_settings_;
  std::unique_ptr<GossipService> service_;
  TimePoint opened_;
  int synced_ = 0;
};

TEST_F(GossipServiceTest, AloneByConfigurationIsSyncedAtOnce) {
  peers_.sync_timeout = 1h;
  Open();
  TimeUntilSynced();
}

TEST_F(GossipServiceTest, AloneByDnsIsSyncedOnceItHasAnswered) {
  peers_.sync_timeout = 1h;
  peers_.srv = {kService};
  Open();
  EXPECT_FALSE(service_->synced());
  TimeUntilSynced();
}

TEST_F(GossipServiceTest, DnsThatNeverAnswersIsWaitedForSoLongAndNoLonger) {
  dns_.SetSilent(kService, kSrv);
  peers_.srv = {kService};
  Open();
  EXPECT_GE(TimeUntilSynced(), kPatience);
}

// The other name may be where the rooms are.
TEST_F(GossipServiceTest, FindingOnlyItselfIsNotEnoughWhileANameHasNoAnswer) {
  dns_.SetSilent(kOtherService, kSrv);
  peers_.srv = {kOtherService};
  Open();
  peers_.static_peers = {service_->address().ToString()};
  service_->Reconfigure(peers_, dns_settings_);
  EXPECT_GE(TimeUntilSynced(), kPatience);
}

}  // namespace
}  // namespace room_router::test
