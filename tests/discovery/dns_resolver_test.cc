// SPDX-License-Identifier: Apache-2.0
#include "discovery/dns_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <random>
#include <set>

#include "tests/discovery/dns_server.h"
#include "tests/discovery/loop.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;
using test::A;
using test::Aaaa;
using test::Srv;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const std::string kService = "_http._tcp.web.jitsi";
constexpr int kServfail = 2, kRefused = 5;

class DnsResolverTest : public testing::Test {
 protected:
  DnsResolverTest() : server_(io_) {
    resolver_ = std::make_unique<DnsResolver>(
        io_, DnsChannel::Settings{
                 .servers = {server_.address()}, .timeout = 100ms, .tries = 2, .counts = &counts_});
  }
  ~DnsResolverTest() override {
    resolver_.reset();
    server_.Close();
    io_.restart();
    io_.run();  // returns: nothing is left behind
  }
  ServiceAnswer Find(const std::string& name) {
    std::optional<ServiceAnswer> result;
    resolver_->FindService(name, [&](ServiceAnswer answer) { result = std::move(answer); });
    EXPECT_FALSE(result) << "called back from within";
    EXPECT_TRUE(test::RunUntil(io_, [&] { return result.has_value(); }));
    return result.value_or(ServiceAnswer{});
  }
  HostAnswer FindHost(const std::string& name) {
    std::optional<HostAnswer> result;
    resolver_->FindHost(name, [&](HostAnswer answer) { result = std::move(answer); });
    EXPECT_TRUE(test::RunUntil(io_, [&] { return result.has_value(); }));
    return result.value_or(HostAnswer{});
  }
  static std::vector<std::string> Texts(const std::vector<SocketAddress>& addresses) {
    std::vector<std::string> texts;
    for (const SocketAddress& address : addresses) texts.push_back(address.ToString());
    return texts;
  }

  boost::asio::io_context io_{1};
  test::DnsServer server_;
  LookupCounts counts_;
  std::unique_ptr<DnsResolver> resolver_;
};

TEST_F(DnsResolverTest, AddressesFromTheAdditionalSection) {
  server_.Set(kService, test::kSrv,
              {Srv(kService, "shard-0.web", {.priority = 10, .weight = 20, .port = 8000}, 30)},
              {A("shard-0.web", "10.0.0.1", 7), Aaaa("shard-0.web", "fd00::1", 9)});
  const ServiceAnswer answer = Find(kService);
  EXPECT_EQ(answer.outcome, LookupOutcome::kFound);
  EXPECT_EQ(answer.ttl, 7s);
  ASSERT_EQ(answer.targets.size(), 1U);
  EXPECT_EQ(answer.targets[0].name, "shard-0.web");
  EXPECT_EQ(answer.targets[0].priority, 10);
  EXPECT_EQ(answer.targets[0].weight, 20);
  EXPECT_THAT(Texts(answer.targets[0].addresses), ElementsAre("10.0.0.1:8000", "[fd00::1]:8000"));
  EXPECT_EQ(server_.udp_queries(), 1);
  EXPECT_EQ(server_.lowest_payload(), 1232);
}

TEST_F(DnsResolverTest, AddressesLookedUpWhenTheyDoNotComeAlong) {
  server_.Set(kService, test::kSrv,
              {Srv(kService, "shard-0.web", {}, 30), Srv(kService, "shard-1.web", {}, 30)},
              {A("shard-1.web", "10.0.0.2", 20)});
  server_.Set("shard-0.web", test::kA, {A("shard-0.web", "10.0.0.1", 4)});
  server_.Set("shard-0.web", test::kAaaa, {Aaaa("shard-0.web", "fd00::1", 6)});
  const ServiceAnswer answer = Find(kService);
  ASSERT_EQ(answer.targets.size(), 2U);
  EXPECT_EQ(answer.ttl, 4s);
  EXPECT_THAT(Texts(answer.targets[0].addresses),
              UnorderedElementsAre("10.0.0.1:80", "[fd00::1]:80"));
  EXPECT_THAT(Texts(answer.targets[1].addresses), ElementsAre("10.0.0.2:80"));
  EXPECT_FALSE(answer.targets[0].partial);
  EXPECT_EQ(server_.asked("shard-1.web", test::kA), 0);
}

TEST_F(DnsResolverTest, AFamilyThatNoLongerComesAlongIsLookedUp) {
  const test::Record service = Srv(kService, "shard-0.web");
  const test::Record v4 = A("shard-0.web", "10.0.0.1"), v6 = Aaaa("shard-0.web", "fd00::1");
  const auto find = [&] { return Texts(Find(kService).targets.at(0).addresses); };
  server_.Set("shard-0.web", test::kA, {v4});
  server_.Set("shard-0.web", test::kAaaa, {v6});
  server_.Set(kService, test::kSrv, {service}, {v4});
  EXPECT_THAT(find(), ElementsAre("10.0.0.1:80"));
  server_.Set(kService, test::kSrv, {service}, {v4, v6});
  EXPECT_THAT(find(), ElementsAre("10.0.0.1:80", "[fd00::1]:80"));
  EXPECT_EQ(server_.asked("shard-0.web", test::kAaaa), 0);
  server_.Set(kService, test::kSrv, {service}, {v4});
  EXPECT_THAT(find(), UnorderedElementsAre("10.0.0.1:80", "[fd00::1]:80"));
  server_.SetFailure("shard-0.web", test::kAaaa, kServfail);
  EXPECT_TRUE(Find(kService).targets.at(0).partial);
  server_.Set("shard-0.web", test::kAaaa, {});
  EXPECT_THAT(find(), ElementsAre("10.0.0.1:80")) << "gone indeed";
  const int asked = server_.asked("shard-0.web", test::kAaaa);
  EXPECT_THAT(find(), ElementsAre("10.0.0.1:80"));
  EXPECT_EQ(server_.asked("shard-0.web", test::kAaaa), asked);
}

TEST_F(DnsResolverTest, AFamilyThatOthersComeWithIsLookedUp) {
  server_.Set(kService, test::kSrv, {Srv(kService, "both.web"), Srv(kService, "cut.web")},
              {A("both.web", "10.0.0.1"), Aaaa("both.web", "fd00::1"), A("cut.web", "10.0.0.2")});
  server_.Set("cut.web", test::kA, {A("cut.web", "10.0.0.2")});
  server_.Set("cut.web", test::kAaaa, {Aaaa("cut.web", "fd00::2")});
  const ServiceAnswer answer = Find(kService);
  ASSERT_EQ(answer.targets.size(), 2U);
  EXPECT_THAT(Texts(answer.targets[1].addresses),
              UnorderedElementsAre("10.0.0.2:80", "[fd00::2]:80"));
  EXPECT_EQ(server_.asked("both.web", test::kA), 0);
}

TEST_F(DnsResolverTest, TargetWithoutAddressesAndOneWhoseLookupFails) {
  server_.Set(kService, test::kSrv, {Srv(kService, "gone.web"), Srv(kService, "half.web")});
  server_.Set("half.web", test::kA, {A("half.web", "10.0.0.1")});
  server_.SetFailure("half.web", test::kAaaa, kServfail);
  const ServiceAnswer answer = Find(kService);
  ASSERT_EQ(answer.targets.size(), 2U);
  EXPECT_TRUE(answer.targets[0].addresses.empty());
  EXPECT_FALSE(answer.targets[0].partial);
  EXPECT_THAT(Texts(answer.targets[1].addresses), ElementsAre("10.0.0.1:80"));
  EXPECT_TRUE(answer.targets[1].partial);
}

TEST_F(DnsResolverTest, ThreeHundredTargetsOverTcpInAnyOrder) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<test::Record> services, addresses;
  std::set<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    const std::string target = "shard-" + std::to_string(i) + ".web.jitsi.svc.cluster.local";
    const std::string ip = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    services.push_back(Srv(kService, target));
    addresses.push_back(A(target, ip));
    expected.insert(target + " " + ip);
  }
  std::shuffle(services.begin(), services.end(), random);
  std::shuffle(addresses.begin(), addresses.end(), random);
  server_.Set(kService, test::kSrv, services, addresses);
  const ServiceAnswer answer = Find(kService);
  std::set<std::string> found;
  for (const ServiceTarget& target : answer.targets) {
    ASSERT_EQ(target.addresses.size(), 1U);
    found.insert(target.name + " " + target.addresses[0].Ip());
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(server_.udp_queries(), 1) << "truncated";
  EXPECT_EQ(server_.tcp_queries(), 1);
}

TEST_F(DnsResolverTest, ThreeHundredTargetsLookedUpOneByOne) {
  std::vector<test::Record> services;
  for (int i = 0; i < 300; ++i) {
    const std::string target = "shard-" + std::to_string(i) + ".web";
    services.push_back(Srv(kService, target));
    server_.Set(target, test::kA, {A(target, "10.1.0." + std::to_string(i % 250))});
  }
  server_.Set(kService, test::kSrv, services);
  const ServiceAnswer answer = Find(kService);
  ASSERT_EQ(answer.targets.size(), 300U);
  for (const ServiceTarget& target : answer.targets) EXPECT_EQ(target.addresses.size(), 1U);
}

TEST_F(DnsResolverTest, NothingThereIsAbsent) {
  EXPECT_EQ(Find("_http._tcp.nowhere").outcome, LookupOutcome::kAbsent) << "NXDOMAIN";
  server_.Set("web", test::kA, {A("web", "10.0.0.1")});
  EXPECT_EQ(Find("web").outcome, LookupOutcome::kAbsent) << "no record of this type";
  server_.Set(kService, test::kSrv, {Srv(kService, "")});
  EXPECT_EQ(Find(kService).outcome, LookupOutcome::kAbsent) << "target is the root";
  EXPECT_EQ(counts_.sent, 3u);
  EXPECT_EQ(counts_.absent, 2u);
  EXPECT_EQ(counts_.found, 1u) << "a record, whatever it says";
}

TEST_F(DnsResolverTest, TroubleIsAFailureWithAReason) {
  server_.SetFailure("servfail", test::kSrv, kServfail);
  server_.SetFailure("refused", test::kSrv, kRefused);
  server_.SetSilent("silent", test::kSrv);
  test::Record broken = Srv("broken", "x");
  broken.data.resize(5);
  server_.Set("broken", test::kSrv, {broken});
  for (const char* name : {"servfail", "refused", "silent", "broken"}) {
    const ServiceAnswer answer = Find(name);
    EXPECT_EQ(answer.outcome, LookupOutcome::kFailed) << name;
    EXPECT_FALSE(answer.error.empty()) << name;
    EXPECT_TRUE(answer.targets.empty());
  }
  EXPECT_EQ(server_.asked("silent", test::kSrv), 2) << "tried again";
  EXPECT_EQ(counts_.sent, 4u);
  EXPECT_EQ(counts_.refused, 2u);
  EXPECT_EQ(counts_.timeouts, 2u) << "of both tries";
  EXPECT_EQ(counts_.malformed, 1u);
}

TEST_F(DnsResolverTest, Hosts) {
  server_.Set("web", test::kA, {A("web", "10.0.0.1", 5), A("web", "10.0.0.2", 8)});
  const HostAnswer answer = FindHost("web");
  EXPECT_EQ(answer.outcome, LookupOutcome::kFound);
  EXPECT_EQ(answer.ttl, 5s);
  EXPECT_THAT(Texts(answer.addresses), ElementsAre("10.0.0.1:0", "10.0.0.2:0"));
  EXPECT_EQ(FindHost("nowhere").outcome, LookupOutcome::kAbsent);
  server_.SetFailure("broken", test::kA, kServfail);
  server_.SetFailure("broken", test::kAaaa, kServfail);
  EXPECT_EQ(FindHost("broken").outcome, LookupOutcome::kFailed);
}

TEST_F(DnsResolverTest, GoneResolverNeverCallsBack) {
  server_.SetSilent(kService, test::kSrv);
  bool called = false;
  resolver_->FindService(kService, [&](const auto&) { called = true; });
  ASSERT_TRUE(test::RunUntil(io_, [&] { return server_.asked(kService, test::kSrv) > 0; }));
  resolver_->FindService("other", [&](const auto&) { called = true; });
  resolver_.reset();
  server_.Close();
  io_.run();
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace room_router
