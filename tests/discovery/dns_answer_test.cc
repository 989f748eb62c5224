// SPDX-License-Identifier: Apache-2.0
#include "discovery/dns_answer.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/discovery/dns_message.h"

namespace room_router {
namespace {

using test::A;
using test::Aaaa;
using test::Cname;
using test::Message;
using test::Srv;

const std::string kService = "_http._tcp.web.jitsi";

Message ServiceMessage() {
  Message message;
  message.question = kService;
  message.answers = {
      Srv(kService, "shard-0.web.jitsi", {.priority = 1, .weight = 33, .port = 8000}, 7),
      Srv(kService, "shard-1.web.jitsi", {.port = 81}, 9)};
  message.additional = {A("shard-0.web.jitsi", "10.0.0.7", 5),
                        Aaaa("shard-0.web.jitsi", "fd00::7")};
  return message;
}

TEST(DnsAnswer, ReadsServicesAndTheAddressesThatComeWithThem) {
  const auto answer = ParseDnsAnswer(ServiceMessage().Encode());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->rcode, 0);
  EXPECT_FALSE(answer->truncated);
  EXPECT_EQ(answer->question, kService);
  ASSERT_EQ(answer->services.size(), 2U);
  EXPECT_EQ(answer->services[0].target, "shard-0.web.jitsi");
  EXPECT_EQ(answer->services[0].priority, 1);
  EXPECT_EQ(answer->services[0].weight, 33);
  EXPECT_EQ(answer->services[0].port, 8000);
  EXPECT_EQ(answer->services[0].ttl, 7U);
  EXPECT_EQ(answer->services[1].port, 81);
  ASSERT_EQ(answer->additional.size(), 2U);
  EXPECT_EQ(answer->additional[0].address.ToString(), "10.0.0.7:0");
  EXPECT_EQ(answer->additional[0].ttl, 5U);
  EXPECT_EQ(answer->additional[1].address.ToString(), "[fd00::7]:0");
  EXPECT_TRUE(answer->addresses.empty());
}

TEST(DnsAnswer, EveryShorterMessageIsMalformed) {
  const std::vector<uint8_t> whole = ServiceMessage().Encode();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ParseDnsAnswer(std::span(whole).first(size))) << size;
  }
}

TEST(DnsAnswer, EveryChangedByteIsReadWithinBounds) {
  const std::vector<uint8_t> whole = ServiceMessage().Encode();
  size_t readable = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::vector<uint8_t> changed = whole;
      changed[at] = static_cast<uint8_t>(value);
      if (const auto answer = ParseDnsAnswer(changed)) {
        ++readable;
        EXPECT_LE(answer->services.size() + answer->additional.size(), 4U);
      }
    }
  }
  EXPECT_GT(readable, whole.size());
}

TEST(DnsAnswer, FollowsAliasesAndIgnoresOtherOwners) {
  Message message;
  message.question = "web.jitsi";
  message.question_type = test::kA;
  message.answers = {A("stranger.example", "10.9.9.9"), Cname("a.jitsi", "b.jitsi", 3),
                     A("b.jitsi", "10.0.0.8"), Cname("web.jitsi", "a.jitsi")};
  const auto answer = ParseDnsAnswer(message.Encode());
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->addresses.size(), 1U);
  EXPECT_EQ(answer->addresses[0].address.Ip(), "10.0.0.8");
  EXPECT_EQ(answer->addresses[0].ttl, 3U) << "the alias' TTL counts too";
}

TEST(DnsAnswer, AliasLoopEnds) {
  Message message;
  message.question = "a.jitsi";
  message.answers = {Cname("a.jitsi", "b.jitsi"), Cname("b.jitsi", "a.jitsi")};
  const auto answer = ParseDnsAnswer(message.Encode());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->services.empty());
}

TEST(DnsAnswer, NamesAreLowerCaseHostNames) {
  Message message;
  message.question = kService;
  message.answers = {Srv(kService, "Shard-0.WEB"), Srv(kService, "with space.web"),
                     Srv(kService, "crlf\r\n.web"), Srv(kService, "")};
  const auto answer = ParseDnsAnswer(message.Encode());
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->services.size(), 2U);
  EXPECT_EQ(answer->services[0].target, "shard-0.web");
  EXPECT_EQ(answer->services[1].target, "") << "the root says that there is no such service";
}

TEST(DnsAnswer, LabelMayNotSmuggleADot) {
  Message message;
  message.question = kService;
  test::Record record = Srv(kService, "x");
  record.data.resize(6);
  for (const char byte : {'\3', 'a', '.', 'b', '\0'}) {
    record.data.push_back(static_cast<uint8_t>(byte));
  }
  message.answers = {record};
  const auto answer = ParseDnsAnswer(message.Encode());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->services.empty());
}

TEST(DnsAnswer, PointersOnlyGoBackwards) {
  for (const int to : {32, 33, 44, 45, 200, 0x3fff}) {  // the record's name starts at 32
    Message message;
    message.question = "_http._tcp.web";
    std::vector<uint8_t> bytes = message.Encode();
    ASSERT_EQ(bytes.size(), 32U);
    bytes[7] = 1;
    test::AppendU16(0xc000U | static_cast<unsigned>(to), bytes);
    bytes.resize(bytes.size() + 40);
    EXPECT_FALSE(ParseDnsAnswer(bytes)) << to;
  }
}

TEST(DnsAnswer, TtlWithTheTopBitIsZero) {
  Message message;
  message.question = kService;
  message.answers = {Srv(kService, "shard-0", {}, 0x80000001)};
  const auto answer = ParseDnsAnswer(message.Encode());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->services.at(0).ttl, 0U);
}

TEST(DnsAnswer, TruncatedIsSaidAndNothingElseRead) {
  Message message = ServiceMessage();
  message.truncated = true;
  std::vector<uint8_t> bytes = message.Encode();
  bytes.resize(bytes.size() - 20);
  const auto answer = ParseDnsAnswer(bytes);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->truncated);
  EXPECT_TRUE(answer->services.empty());
}

TEST(DnsAnswer, QueriesAndRandomBytesAreNoAnswers) {
  std::vector<uint8_t> query = ServiceMessage().Encode();
  query[2] = 0x01;
  EXPECT_FALSE(ParseDnsAnswer(query));
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes(random() % 80);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    const auto answer = ParseDnsAnswer(bytes);
    EXPECT_TRUE(!answer || answer->services.size() <= 4);
  }
}

}  // namespace
}  // namespace room_router
