// SPDX-License-Identifier: Apache-2.0
#include "router/client_limits.h"

#include <gtest/gtest.h>

#include "router/memory_watch.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1h};

ConfigSnapshot Snapshot(const config::Limits& limits = {}) {
  config::Config config;
  config.listeners.resize(1);
  config.limits = limits;
  config.trusted_proxies = {*AddressRange::Parse("10.0.0.0/8"), *AddressRange::Parse("fd00::/8")};
  return ConfigSnapshot(config);
}

http::RequestHead Parse(const std::string& text) {
  http::RequestHead head;
  EXPECT_EQ(http::ParseRequestHead(text, {}, head), http::ParseStatus::kComplete) << text;
  return head;
}

std::string ClientOf(const std::string& fields) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  const auto client = ClientNamedIn(Parse(text), Snapshot());
  return client ? client->Ip() : "";
}

TEST(ClientNamedIn, IsTheLastThatIsNoTrustedProxy) {
  EXPECT_EQ(ClientOf("X-Forwarded-For: 203.0.113.7\r\n"), "203.0.113.7");
  EXPECT_EQ(ClientOf("X-Forwarded-For: 1.2.3.4, 203.0.113.7 , 10.1.1.1\r\n"), "203.0.113.7");
  EXPECT_EQ(ClientOf("X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 10.0.0.1\r\n"), "1.2.3.4");
  EXPECT_EQ(ClientOf("X-Forwarded-For: 203.0.113.7:4711\r\n"), "203.0.113.7");
  EXPECT_EQ(ClientOf("X-Forwarded-For: 2001:db8::1, fd00::2\r\n"), "2001:db8::1");
  EXPECT_EQ(ClientOf("X-Forwarded-For: [2001:db8::1]:443\r\n"), "2001:db8::1");
  EXPECT_EQ(ClientOf("X-Forwarded-For: [2001:db8::1]\r\n"), "2001:db8::1");
}

TEST(ClientNamedIn, BelievesNothingBeforeWhatItCannotRead) {
  for (const std::string value : {"", ",", "10.0.0.1", "unknown", "1.2.3.4, unknown",
                                  "1.2.3.4, 10.0.0.1 10.0.0.2", "1.2.3.4,,10.0.0.1", "[", "[]"}) {
    EXPECT_EQ(ClientOf("X-Forwarded-For: " + value + "\r\n"), "") << value;
  }
  EXPECT_EQ(ClientOf(""), "");
}

bool AsksForAConference(const std::string& request_line) {
  const std::string text = request_line + " HTTP/1.1\r\nHost: a\r\n\r\n";
  return IsConferenceRequest(Parse(text));
}

TEST(IsConferenceRequest, HoweverItIsWritten) {
  EXPECT_TRUE(AsksForAConference("POST /conference-request/v1?room=a"));
  EXPECT_TRUE(AsksForAConference("POST /tenant/conference-request/v1"));
  EXPECT_TRUE(AsksForAConference("POST /%63onference-request/v1"));
  EXPECT_TRUE(AsksForAConference("POST /%2563onference%2drequest/v1"));
  EXPECT_TRUE(AsksForAConference("POST //conference-request//v1"));
  EXPECT_TRUE(AsksForAConference("POST /%2Fconference-request%2fv1"));
  EXPECT_FALSE(AsksForAConference("GET /conference-request/v1"));
  EXPECT_FALSE(AsksForAConference("POST /http-bind?room=/conference-request/v1"));
  EXPECT_FALSE(AsksForAConference("POST /conference-requests"));
}

class RatesTest : public testing::Test {
 protected:
  Refusal Ask(const std::string& request, const ConfigSnapshot& config, bool trusted = false) {
    const RateVerdict verdict =
        TakeRequest({addresses_, key_, trusted}, Parse(request), config, kStart);
    return verdict.wait > Duration::zero() ? verdict.refusal : Refusal::kCount;
  }
  std::optional<Refusal> Enter(const config::Limits& limits, const std::string& ip) {
    return room_router::Enter(addresses_, *SocketAddress::FromIp(ip, 1), limits, kStart).refusal;
  }

  AddressLimits addresses_{7};
  const AddressKey key_ = KeyOfAddress(*SocketAddress::FromIp("192.0.2.1", 1));
};

constexpr config::Rate kOne{.amount = 1, .period = 60s, .burst = 1};
const std::string kPage = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kFocus = "POST /conference-request/v1?room=a HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kSocket =
    "GET /xmpp-websocket?room=a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: "
    "websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

TEST_F(RatesTest, EachKindOfRequestHasItsOwn) {
  const ConfigSnapshot config = Snapshot({.conference_request_rate = kOne, .upgrade_rate = kOne});
  ASSERT_TRUE(config.limits_requests);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(kPage, config), Refusal::kCount);
  EXPECT_EQ(Ask(kFocus, config), Refusal::kCount);
  EXPECT_EQ(Ask(kFocus, config), Refusal::kConferenceRequestRate);
  EXPECT_EQ(Ask(kSocket, config), Refusal::kCount);
  EXPECT_EQ(Ask(kSocket, config), Refusal::kUpgradeRate);
}

TEST_F(RatesTest, AllRequestsTogether) {
  const ConfigSnapshot config = Snapshot({.request_rate = kOne});
  EXPECT_EQ(Ask(kPage, config), Refusal::kCount);
  EXPECT_EQ(Ask(kFocus, config), Refusal::kRequestRate);
}

TEST_F(RatesTest, ProxiesAreNotLimitedTheirClientsAre) {
  const ConfigSnapshot config = Snapshot({.request_rate = kOne});
  const std::string from = "GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(kPage, config, true), Refusal::kCount);
  EXPECT_EQ(Ask(from + "198.51.100.1\r\n\r\n", config, true), Refusal::kCount);
  EXPECT_EQ(Ask(from + "198.51.100.1\r\n\r\n", config, true), Refusal::kRequestRate);
  EXPECT_EQ(Ask(from + "198.51.100.2\r\n\r\n", config, true), Refusal::kCount);
  EXPECT_EQ(Ask(from + "198.51.100.3\r\n\r\n", config), Refusal::kCount) << "not believed";
  EXPECT_EQ(Ask(from + "198.51.100.4\r\n\r\n", config), Refusal::kRequestRate);
}

TEST_F(RatesTest, ConnectionsAreGivenBack) {
  const config::Limits limits{.connections_per_ip = 1};
  EXPECT_EQ(Enter(limits, "192.0.2.1"), std::nullopt);
  EXPECT_EQ(Enter(limits, "192.0.2.1"), Refusal::kAddressConnections);
  addresses_.GiveConnection(key_);
  EXPECT_EQ(Enter(limits, "192.0.2.1"), std::nullopt);
}

TEST_F(RatesTest, ConnectionsHaveARate) {
  const config::Limits limits{.connection_rate = kOne};
  EXPECT_EQ(Enter(limits, "192.0.2.1"), std::nullopt);
  EXPECT_EQ(Enter(limits, "192.0.2.1"), Refusal::kConnectionRate);
  EXPECT_EQ(Enter(limits, "192.0.2.2"), std::nullopt);
}

TEST(MemoryWatch, IsShortAtTheLimitUntilATwentiethIsFree) {
  EXPECT_FALSE(MemoryIsShort(false, 999, 1000));
  EXPECT_TRUE(MemoryIsShort(false, 1000, 1000));
  EXPECT_TRUE(MemoryIsShort(true, 950, 1000));
  EXPECT_FALSE(MemoryIsShort(true, 949, 1000));
  EXPECT_FALSE(MemoryIsShort(true, 1 << 30, 0)) << "no limit";
}

TEST(MemoryWatch, ReadsTheLimitOfTheCgroup) {
  EXPECT_EQ(MemoryLimitOf("1000000\n"), 900'000U);
  EXPECT_EQ(MemoryLimitOf("max\n"), 0U);
  EXPECT_EQ(MemoryLimitOf(""), 0U);
}

}  // namespace
}  // namespace room_router
