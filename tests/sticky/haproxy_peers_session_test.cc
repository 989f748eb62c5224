// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sticky/haproxy_bytes.h"

namespace room_router::haproxy {
namespace {

using namespace std::chrono_literals;
using test::Hex;
using Kind = SessionEvent::Kind;
using State = PeerSession::State;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr TimePoint kStart{1h};
const std::vector<std::string> kKnown{"haproxy-0", "haproxy-1"};
const PeerSession::Settings kSettings{
    .local_name = "router-0", .table = "jitsi-meet", .expire = 24h, .process = 42};

std::vector<Kind> Kinds(const SessionEvents& events) {
  std::vector<Kind> kinds;
  for (const auto& event : events) kinds.push_back(event.kind);
  return kinds;
}

PeerSession Called() { return {kSettings, std::span<const std::string>(kKnown), kStart}; }
PeerSession Calling(unsigned minor = 1) { return {kSettings, "haproxy-0", minor, kStart}; }

// With the hello behind it and nothing left to take.
PeerSession Established() {
  PeerSession session = Calling();
  session.Receive("200\n", kStart);
  session.TakeOutgoing();
  session.TakeEvents();
  return session;
}

SessionEvents Give(PeerSession& session, const std::string& bytes) {
  session.Receive(bytes, kStart);
  return session.TakeEvents();
}

TEST(HaproxySessionTest, CallsAsHaproxyDoes) {
  PeerSession session = Calling();
  EXPECT_EQ(session.TakeOutgoing(), "HAProxyS 2.1\nhaproxy-0\nrouter-0 42 1 room-router\n");
  EXPECT_EQ(session.status(), Status::kHandshake);
  session.Receive("20", kStart);
  EXPECT_EQ(session.state(), State::kHandshake);
  session.Receive("0\n", kStart);
  EXPECT_EQ(session.state(), State::kEstablished);
  EXPECT_EQ(session.remote_name(), "haproxy-0");
  EXPECT_THAT(Kinds(session.TakeEvents()), ElementsAre(Kind::kEstablished));
}

TEST(HaproxySessionTest, ACallerIsTold) {
  const std::pair<std::string, Status> cases[] = {
      {"200\n", Status::kEstablished},      {"200\r\n", Status::kEstablished},
      {"300\n", Status::kTryAgain},         {"501\n", Status::kProtocol},
      {"502\n", Status::kVersion},          {"503\n", Status::kLocalName},
      {"504\n", Status::kRemoteName},       {"100\n", Status::kProtocol},
      {"hello\n", Status::kProtocol},       {"\n", Status::kProtocol},
      {"99999999999\n", Status::kProtocol}, {std::string(2000, '2'), Status::kProtocol},
  };
  for (const auto& [text, status] : cases) {
    PeerSession session = Calling();
    session.TakeOutgoing();
    session.Receive(text, kStart);
    EXPECT_EQ(session.status(), status) << text;
    const bool welcome = status == Status::kEstablished;
    EXPECT_EQ(session.state(), welcome ? State::kEstablished : State::kClosed) << text;
    EXPECT_EQ(session.TakeOutgoing(), "") << text;
  }
}

TEST(HaproxySessionTest, AnswersHellosAsHaproxyDoes) {
  const std::pair<std::string, const char*> cases[] = {
      {"HAProxyS 2.1\nrouter-0\nhaproxy-1 20581 1\n", "200\n"},
      {"HAProxyS 2.0\nrouter-0\nhaproxy-1 20581 1\n", "200\n"},
      {"HAProxyS 2.1\r\nrouter-0\r\nhaproxy-1 1 1\r\n", "200\n"},
      {"HAProxyS 2.2\nrouter-0\nhaproxy-1 1 1\n", "502\n"},
      {"HAProxyS 1.0\n", "502\n"},
      {"HAProxyS 3.0\n", "502\n"},
      {"HAProxyS two\n", "502\n"},
      {"HAProxyS 2.1\nhaproxy-9\n", "503\n"},
      {"HAProxyS 2.1\nrouter-0\nnobody 1 1\n", "504\n"},
      {"HAProxyS 2.1\nrouter-0\nhaproxy-1\n", "501\n"},
      {"GET / HTTP/1.1\r\n\r\n", "501\n"},
      {std::string(1025, 'x'), "501\n"},
      {"HAProxyS 2.1\nrouter-0\nhaproxy-1 " + std::string(1025, '1') + "\n", "501\n"},
      {"HAProxyS 2.1\nrouter-0\nhaproxy-1 42 1 room-router\n", "504\n"},
  };
  for (const auto& [hello, answer] : cases) {
    PeerSession session = Called();
    EXPECT_EQ(session.TakeOutgoing(), "");
    for (const char c : hello) session.Receive(std::string(1, c), kStart);
    EXPECT_EQ(session.TakeOutgoing(), answer) << hello;
    const bool welcome = std::string(answer) == "200\n";
    EXPECT_EQ(session.state(), welcome ? State::kEstablished : State::kClosed) << hello;
  }
}

TEST(HaproxySessionTest, KnowsItsCaller) {
  PeerSession session = Called();
  EXPECT_EQ(session.remote_name(), "");
  const auto events = Give(session, "HAProxyS 2.1\nrouter-0\nhaproxy-1 7 1\n" +
                                        test::kHaproxyTable + test::kAlphaOnShard0);
  EXPECT_EQ(session.remote_name(), "haproxy-1");
  EXPECT_THAT(Kinds(events), ElementsAre(Kind::kEstablished, Kind::kTable, Kind::kLearned));
  EXPECT_FALSE(session.from_room_router());
}

TEST(HaproxySessionTest, LearnsAndAcknowledges) {
  PeerSession session = Established();
  const auto events = Give(session, test::kHaproxyTable + test::kAlphaOnShard0 + test::kAlphaAgain);
  ASSERT_THAT(Kinds(events), ElementsAre(Kind::kTable, Kind::kLearned, Kind::kLearned));
  for (int i : {1, 2}) {
    EXPECT_EQ(events[i].name, "alpha");
    EXPECT_EQ(events[i].server_key, "shard0");
    EXPECT_FALSE(events[i].expires_in);
    EXPECT_FALSE(events[i].cut);
  }
  ASSERT_TRUE(session.tables().shared());
  EXPECT_EQ(session.tables().shared()->expire, 24h);
  EXPECT_TRUE(session.HasOutgoing());
  EXPECT_EQ(session.TakeOutgoing(), Hex("0a 84 05 01 00 00 00 03")) << "once, for all so far";
  EXPECT_FALSE(session.HasOutgoing());
}

TEST(HaproxySessionTest, BytesMayComeOneByOne) {
  PeerSession session = Established();
  size_t learned = 0;
  for (const char c : test::kHaproxyTable + test::kAlphaOnShard0 + test::kAlphaAgain) {
    for (const auto& event : Give(session, std::string(1, c))) {
      learned += event.kind == Kind::kLearned ? 1 : 0;
    }
  }
  EXPECT_EQ(learned, 2U);
}

// What a restarted HAProxy 2.6 was taught by another, byte for byte.
TEST(HaproxySessionTest, FollowsACapturedResync) {
  PeerSession session = Established();
  session.RequestResync();
  EXPECT_EQ(session.TakeOutgoing(), test::kResyncRequest);
  const auto events = Give(
      session,
      test::kHaproxyTable +
          Hex("0a 80 16 00 00 00 05 07 65 70 73 69 6c 6f 6e 02 08 01 06 73 68 61 72 64 31"
              "0a 85 13 00 00 00 05 05 26 5b 6c 07 65 70 73 69 6c 6f 6e 02 01 01"
              "0a 85 18 00 00 00 01 05 26 14 4c 05 61 6c 70 68 61 01 08 02 06 73 68 61 72 64 30"
              "0a 86 0c 05 26 17 28 04 62 65 74 61 02 01 01"
              "0a 86 14 05 26 15 b3 05 67 61 6d 6d 61 03 08 03 06 73 68 61 72 64 32"
              "0a 86 0d 05 26 17 44 05 64 65 6c 74 61 01 01 02"
              "00 01"));
  std::vector<std::string> learned;
  for (const auto& event : events) {
    if (event.kind != Kind::kLearned) continue;
    const auto left = event.expires_in.value_or(Duration(0)).count();
    learned.push_back(event.name + " " + *event.server_key + " " + std::to_string(left));
  }
  EXPECT_THAT(learned, ElementsAre("epsilon shard1 0", "epsilon shard1 86399852",
                                   "alpha shard0 86381644", "beta shard1 86382376",
                                   "gamma shard2 86382003", "delta shard0 86382404"));
  ASSERT_EQ(events.back().kind, Kind::kResyncEnded);
  EXPECT_TRUE(events.back().complete);
  EXPECT_FALSE(session.learning());
  EXPECT_EQ(session.TakeOutgoing(), test::kResyncConfirm)
      << "no acknowledgement of what was taught: HAProxy would take it for one of its changes";
  Give(session, Hex("0a 80 0f 00 00 00 05 07 65 70 73 69 6c 6f 6e 02 01 01"));
  EXPECT_EQ(session.TakeOutgoing(), Hex("0a 84 05 01 00 00 00 05"));
}

TEST(HaproxySessionTest, TeachesAsHaproxyReadsIt) {
  PeerSession session = Established();
  EXPECT_THAT(Kinds(Give(session, test::kResyncRequest)), ElementsAre(Kind::kResyncRequested));
  EXPECT_TRUE(session.Teach("alpha", "shard0", 0x80000001, 60s));
  EXPECT_TRUE(session.Teach("beta", "shard0", 0x80000002, 61s));
  session.FinishResync(true);
  EXPECT_TRUE(session.Teach("gamma", "shard1", 7, std::nullopt));
  EXPECT_EQ(session.TakeOutgoing(),
            Hex("0a 82 17 01 0a 6a 69 74 73 69 2d 6d 65 65 74 06 81 f0 f1 fe 00 f0 b1 ca c8 01") +
                Hex("0a 85 17 80 00 00 01 00 00 ea 60 05 61 6c 70 68 61 08 01 06 73 68 61 72 64 30"
                    "0a 85 0f 80 00 00 02 00 00 ee 48 04 62 65 74 61 01 01"
                    "00 01"
                    "0a 80 13 00 00 00 07 05 67 61 6d 6d 61 08 02 06 73 68 61 72 64 31"));
  EXPECT_THAT(Kinds(Give(session, test::kResyncConfirm)), ElementsAre(Kind::kTaught));
  EXPECT_THAT(Kinds(Give(session, test::kResyncConfirm)), ElementsAre()) << "nothing was open";
  const auto events = Give(session, Hex("0a 84 05 01 00 00 00 07 0a 84 05 09 00 00 00 08"));
  ASSERT_THAT(Kinds(events), ElementsAre(Kind::kAcknowledged)) << "another table's is not ours";
  EXPECT_EQ(events[0].update, 7U);
}

TEST(HaproxySessionTest, SaysThatItHasNothingToTeach) {
  PeerSession session = Established();
  session.FinishResync(false);
  const std::string said = session.TakeOutgoing();
  EXPECT_EQ(said.substr(0, 2), Hex("0a 82"));
  EXPECT_EQ(said.substr(said.size() - 2), test::kResyncPartial);
}

TEST(HaproxySessionTest, AnOldPeerGetsNoTimes) {
  PeerSession session = Calling(0);
  EXPECT_THAT(session.TakeOutgoing(), HasSubstr("HAProxyS 2.0\n"));
  session.Receive("200\n", kStart);
  session.Teach("a", "s", 1, 60s);
  EXPECT_THAT(session.TakeOutgoing(),
              testing::EndsWith(Hex("0a 80 0a 00 00 00 01 01 61 03 01 01 73")));
}

TEST(HaproxySessionTest, KeysAreAsLongAsTheOtherTableSays) {
  PeerSession session = Established();
  session.AssumeKeyLength(33);
  EXPECT_FALSE(session.Teach(std::string(33, 'a'), "s", 1, {}));
  EXPECT_EQ(session.TakeOutgoing(), "");
  EXPECT_TRUE(session.Teach(std::string(32, 'a'), "s", 2, {}));
  EXPECT_EQ(static_cast<uint8_t>(session.TakeOutgoing()[16]), 33);
  Give(session, test::kHaproxyTable);
  EXPECT_TRUE(session.Teach(std::string(128, 'a'), "s", 3, {})) << "defined anew";
  EXPECT_EQ(session.TakeOutgoing().substr(0, 2), Hex("0a 82"));
  EXPECT_TRUE(session.Teach("b", "s", 4, {}));
  EXPECT_EQ(session.TakeOutgoing().substr(0, 2), Hex("0a 80"));
}

TEST(HaproxySessionTest, NamesThatFillTheKeyMayHaveBeenLonger) {
  PeerSession session = Established();
  Give(session, test::kHaproxyTable);
  for (const size_t size : {127, 128}) {
    std::string body = Hex("00 00 00 01");
    AppendVarint(size, body);
    body += std::string(size, 'a') + Hex("01 00");
    std::string message;
    Append(TableMessage::kUpdate, body, message);
    const auto events = Give(session, message);
    ASSERT_THAT(Kinds(events), ElementsAre(Kind::kLearned));
    EXPECT_EQ(events[0].cut, size == 128);
    EXPECT_FALSE(events[0].has_server);
  }
}

TEST(HaproxySessionTest, OtherTablesOnlyLendTheirServerKeys) {
  PeerSession session = Established();
  const std::string other =  // id 2, "other", string, the same data
      Hex("0a 82 12 02 05 6f 74 68 65 72 06 81 f1 f1 fe 00 f0 b1 ca c8 01");
  auto events = Give(session, other + test::kAlphaOnShard0);
  EXPECT_TRUE(events.empty());
  EXPECT_FALSE(session.HasOutgoing()) << "nothing of ours to acknowledge";
  EXPECT_THAT(session.tables().others(), ElementsAre("other"));
  events = Give(session, test::kHaproxyTable + test::kAlphaAgain);
  ASSERT_THAT(Kinds(events), ElementsAre(Kind::kTable, Kind::kLearned));
  EXPECT_EQ(events[1].server_key, "shard0");
  // switched to, and back
  EXPECT_TRUE(Give(session, Hex("0a 83 01 02") + test::kAlphaAgain).empty());
  EXPECT_THAT(Kinds(Give(session, Hex("0a 83 01 01") + test::kAlphaAgain)),
              ElementsAre(Kind::kLearned));
  EXPECT_TRUE(Give(session, Hex("0a 83 01 09") + test::kAlphaAgain).empty()) << "never defined";
}

TEST(HaproxySessionTest, ATableThatCannotBeSharedIsReportedOnce) {
  const std::pair<const char*, const char*> cases[] = {
      {"0a 82 12 01 0a 6a 69 74 73 69 2d 6d 65 65 74 02 04 f1 f1 fe 00", "not strings"},
      {"0a 82 10 01 0a 6a 69 74 73 69 2d 6d 65 65 74 06 81 04", "no server keys"},
      {"0a 82 12 01 0a 6a 69 74 73 69 2d 6d 65 65 74 06 01 f1 f1 fe 00", "no length"},
  };
  for (auto [text, why] : cases) {
    std::string definition = Hex(text);
    definition[2] = static_cast<char>(definition.size() - 3);
    PeerSession session = Established();
    const auto events = Give(session, definition + definition);
    ASSERT_THAT(Kinds(events), ElementsAre(Kind::kMismatch)) << why;
    EXPECT_THAT(events[0].detail, HasSubstr(why));
    EXPECT_TRUE(Give(session, test::kAlphaOnShard0).empty());
    EXPECT_EQ(session.state(), State::kEstablished);
  }
}

TEST(HaproxySessionTest, WhatIsNewInTheProtocolIsIgnored) {
  PeerSession session = Established();
  Give(session, test::kHaproxyTable);
  EXPECT_TRUE(Give(session, Hex("0a 90 02 01 02  00 09  05 01  05 81 01 00")).empty());
  EXPECT_EQ(session.state(), State::kEstablished);
}

TEST(HaproxySessionTest, MistakesCloseWithAMessage) {
  const std::pair<std::string, std::string> cases[] = {
      {Hex("ff 00"), test::kProtocolError},
      {Hex("0a 80 03 00 00 00"), test::kProtocolError},
      {Hex("0a 80 09 00 00 00 01 01 61 01 01 81"), test::kProtocolError},
      {Hex("0a 82 01 01"), test::kProtocolError},
      {Hex("0a 83 00"), test::kProtocolError},
      {Hex("0a 84 02 01 00"), test::kProtocolError},
      {Hex("0a 80 ff ff ff ff ff ff ff ff ff ff"), test::kProtocolError},
      {Hex("0a 80 ff ff ff ff 01"), test::kSizeError},
  };
  for (const auto& [bytes, answer] : cases) {
    PeerSession session = Established();
    Give(session, test::kHaproxyTable);
    Give(session, bytes + test::kAlphaOnShard0);
    EXPECT_EQ(session.state(), State::kClosed);
    EXPECT_TRUE(session.broken());
    EXPECT_EQ(session.TakeOutgoing(), answer);
    EXPECT_NE(session.reason(), "");
    EXPECT_TRUE(Give(session, test::kAlphaOnShard0).empty());
    EXPECT_FALSE(session.HasOutgoing());
  }
}

TEST(HaproxySessionTest, ClosesWhenTheOtherSideComplains) {
  for (const std::string& error : {test::kProtocolError, test::kSizeError}) {
    PeerSession session = Established();
    Give(session, error);
    EXPECT_EQ(session.state(), State::kClosed);
    EXPECT_FALSE(session.broken());
    EXPECT_EQ(session.TakeOutgoing(), "");
  }
}

TEST(HaproxySessionTest, BeatsWithinThreeSecondsAndDiesAfterFive) {
  PeerSession session = Established();
  TimePoint now = kStart;
  for (int i = 0; i < 10; ++i) {
    const TimePoint due = session.NextDeadline();
    EXPECT_LT(due - now, 3s);
    now = due;
    session.Tick(now);
    EXPECT_EQ(session.TakeOutgoing(), test::kHeartbeat);
    session.Receive(test::kHeartbeat, now);
    EXPECT_FALSE(session.HasOutgoing());
  }
  session.Tick(now + 4999ms);
  EXPECT_EQ(session.state(), State::kEstablished);
  session.Tick(now + 5s);
  EXPECT_EQ(session.state(), State::kClosed);
  EXPECT_TRUE(session.silent());
}

TEST(HaproxySessionTest, WaitsFiveSecondsForAHello) {
  PeerSession called = Called(), calling = Calling();
  for (PeerSession* session : {&called, &calling}) {
    session->Receive("HAProxyS 2.1\nrouter", kStart + 4s);
    if (session == &calling) continue;
    EXPECT_EQ(session->NextDeadline(), kStart + 5s);
    session->Tick(kStart + 5s);
    EXPECT_EQ(session->state(), State::kClosed);
  }
}

TEST(HaproxySessionTest, WhatWaitsToBeSentIsBounded) {
  PeerSession session = Established();
  Give(session, test::kHaproxyTable);
  for (int i = 0; i < 10'000; ++i) {
    Give(session, test::kAlphaOnShard0 + test::kResyncFinished + test::kResyncRequest);
    session.Tick(kStart);
  }
  EXPECT_LT(session.TakeOutgoing().size(), 100U);
  size_t taught = 0;
  while (session.has_room()) {
    ++taught;
    session.Teach("room" + std::to_string(taught), "shard", static_cast<uint32_t>(taught), {});
  }
  EXPECT_GT(taught, 1000U);
  EXPECT_LT(session.TakeOutgoing().size(), PeerSession::kHighWater + 1000);
  EXPECT_TRUE(session.has_room());
}

TEST(HaproxySessionTest, ManyServerKeysTakeTurnsInTheDictionary) {
  PeerSession teacher = Established(), learner = Established();
  Give(learner, test::kHaproxyTable);
  size_t right = 0;
  for (uint32_t i = 0; i < 2000; ++i) {
    const std::string server = "shard" + std::to_string(i * i % 151);
    ASSERT_TRUE(teacher.Teach("room", server, i + 1, {}));
    for (const auto& event : Give(learner, teacher.TakeOutgoing())) {
      right += event.kind == Kind::kLearned && event.server_key == server ? 1 : 0;
    }
  }
  EXPECT_EQ(right, 2000U);
}

TEST(HaproxySessionTest, AServerKeyNeverToldIsNone) {
  PeerSession session = Established();
  const auto events = Give(session, test::kHaproxyTable + test::kAlphaAgain);
  ASSERT_THAT(Kinds(events), ElementsAre(Kind::kTable, Kind::kLearned));
  EXPECT_TRUE(events[1].has_server);
  EXPECT_FALSE(events[1].server_key);
}

}  // namespace
}  // namespace room_router::haproxy
