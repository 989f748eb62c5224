// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sticky/haproxy_bytes.h"
#include "tests/sticky/shards.h"

namespace room_router::haproxy {
namespace {

using namespace std::chrono_literals;
using test::Hex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr TimePoint kStart{1h};
constexpr auto kRoom = KeyNamespace::kRoom;

// Entries as another HAProxy would have them after what it was told.
struct FakeHaproxy {
  std::optional<PeerSession> ours;  // our side of the connection to it
  std::optional<RemoteTables> tables;
  std::map<std::string, std::string> entries;            // room → server key
  std::map<std::string, std::optional<Duration>> times;  // room → as told last
  std::string said;                                      // what it was told that is no update
  size_t updates = 0;
  uint32_t last_update = 0;

  void Hear() {
    std::string bytes = ours->TakeOutgoing();
    std::string_view rest = bytes;
    for (Frame frame = ReadFrame(rest); frame.size > 0; frame = ReadFrame(rest)) {
      ASSERT_EQ(frame.status, Frame::Status::kComplete);
      rest.remove_prefix(frame.size);
      const auto type = static_cast<TableMessage>(frame.type);
      SessionEvents events;
      if (frame.message_class == 0) {
        said += "control " + std::to_string(frame.type) + "; ";
      } else if (type == TableMessage::kDefine) {
        ASSERT_TRUE(tables->Define(frame.body, events));
      } else if (type != TableMessage::kAcknowledge) {
        ASSERT_TRUE(tables->Update(type, frame.body, events));
      }
      for (const auto& event : events) {
        if (event.kind != SessionEvent::Kind::kLearned) continue;
        ++updates;
        entries[event.name] = event.server_key.value_or("");
        times[event.name] = event.expires_in;
        last_update = tables->TakeAcknowledgement()->update;
      }
    }
    ASSERT_TRUE(rest.empty());
  }
};

class HaproxyTableTest : public testing::Test {
 protected:
  HaproxyTableTest() {
    Shard gone = test::UpShard(3, "shard3");
    gone.state = ShardState::kDown;
    SetShards(
        {test::UpShard(0, "shard0"), test::UpShard(1, "shard1"), test::UpShard(2, "shard2"), gone});
  }

  void SetShards(std::vector<Shard> shards) {
    for (Shard& shard : shards) {
      shard.endpoints = {{.name = "web-" + shard.name,
                          .address = *SocketAddress::FromIp("10.0.0.1", uint16_t(8000 + shard.id)),
                          .up = true}};
    }
    shards_ = std::make_shared<ShardSet>(test::Sorted(std::move(shards)));
  }

  void Connect(size_t index, TimePoint now) {
    FakeHaproxy& peer = peers_[index];
    peer.ours.emplace(
        PeerSession::Settings{.local_name = "router-0", .table = "jitsi-meet", .expire = 60s},
        index == 0 ? "haproxy-0" : "haproxy-1", 1, now);
    peer.ours->TakeOutgoing();
    peer.tables.emplace("jitsi-meet");
    peer.said.clear();
    peer.entries.clear();
    peer.updates = 0;
    exchange_.Begin(index, (peer.ours->Receive("200\n", now), *peer.ours), now);
    peer.ours->TakeEvents();
    Settle(now);
  }

  void Disconnect(size_t index) {
    exchange_.End(index);
    peers_[index].ours.reset();
  }

  // As one HAProxy whose table was empty.
  void ConnectAndLearn(size_t index, TimePoint now) {
    Connect(index, now);
    Say(index, test::kHaproxyTable + test::kResyncFinished, now);
  }

  void Say(size_t index, const std::string& bytes, TimePoint now) {
    peers_[index].ours->Receive(bytes, now);
    for (const auto& event : peers_[index].ours->TakeEvents()) exchange_.Take(index, event, now);
    Settle(now);
  }

  void Settle(TimePoint now) {
    for (size_t i = 0; i < std::size(peers_); ++i) {
      if (!peers_[i].ours || peers_[i].ours->state() != PeerSession::State::kEstablished) continue;
      do {
        exchange_.Fill(i, now);
        if (!peers_[i].ours->HasOutgoing()) break;
        peers_[i].Hear();
      } while (true);
    }
  }

  static std::string Update(std::string_view room, std::string_view server, uint32_t id = 1,
                            std::optional<Duration> left = {}) {
    std::string body, bytes;
    AppendFixed32(id, body);
    if (left) AppendFixed32(static_cast<uint32_t>(left->count()), body);
    AppendVarint(room.size(), body);
    body += room;
    AppendVarint(1, body);  // server_id
    AppendVarint(server.empty() ? 0 : server.size() + 2, body);
    if (!server.empty()) AppendVarint(1, body);
    if (!server.empty()) AppendVarint(server.size(), body);
    body += server;
    Append(left ? TableMessage::kTimedUpdate : TableMessage::kUpdate, body, bytes);
    return bytes;
  }

  RoomKey KeyOf(std::string_view room) const {
    RoomRequest request;
    reader_.ReadName("", room, request);
    return request.key;
  }

  // A request bound the room here.
  CellRecord Bind(std::string room, ShardId shard, TimePoint now) {
    table_.FindOrBind(kRoom, KeyOf(room), room, now, [shard](ShardId) { return shard; });
    return {.key = KeyOf(room), .shard = shard, .lease = 60s, .display = room};
  }

  void Teach(const CellRecord& record, TimePoint now) {
    exchange_.Teach(std::span(&record, 1), now);
    Settle(now);
  }

  ShardId Find(std::string_view room, TimePoint now) const {
    const auto hit = table_.Find(kRoom, KeyOf(room), now);
    return hit ? hit->shard : kNoShard;
  }

  std::string Acknowledge(uint32_t update) {
    std::string bytes;
    Append(Acknowledgement{.table = 1, .update = update}, bytes);
    return bytes;
  }

  std::shared_ptr<const ShardSet> shards_;
  const RoomKeyReader reader_{config::RoomKey{}};
  StickTable table_{StickTable::Options{.size = 300'000, .expire = 60s, .display_bytes = 32}};
  std::vector<Event> events_;
  TableExchange exchange_{
      {.table = "jitsi-meet", .expire = 60s, .names = {"haproxy-0", "haproxy-1"}},
      table_,
      {.shards = [this] { return shards_; },
       .read_name = [this](auto tenant, auto room,
                           auto& out) { reader_.ReadName(tenant, room, out); },
       .log = [this](Event event) { events_.push_back(std::move(event)); }},
      kStart};
  FakeHaproxy peers_[2];
};

TEST_F(HaproxyTableTest, AbsentRoomsAreBoundAsHaproxySays) {
  ConnectAndLearn(0, kStart);
  Say(0, Update("Alpha", "shard1"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 1U);
  EXPECT_EQ(exchange_.counters(0).learned, 1U);
  Say(0, Update("alpha", "shard1", 2), kStart + 50s);
  EXPECT_EQ(Find("alpha", kStart + 100s), 1U) << "renewed";
  EXPECT_EQ(peers_[0].updates, 0U) << "no echo";
}

TEST_F(HaproxyTableTest, OurBindingStaysAndEverybodyIsCorrected) {
  ConnectAndLearn(0, kStart);
  ConnectAndLearn(1, kStart);
  Bind("alpha", 2, kStart);
  Say(0, Update("alpha", "shard1"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 2U);
  EXPECT_EQ(exchange_.counters(0).corrected, 1U);
  for (const auto& peer : peers_) {
    EXPECT_THAT(peer.entries, ElementsAre(std::pair("alpha", "shard2")));
    EXPECT_FALSE(peer.times.at("alpha")) << "it is alive there: the whole time";
  }
}

TEST_F(HaproxyTableTest, AShardThatIsDownKeepsNothing) {
  ConnectAndLearn(0, kStart);
  Bind("alpha", 3, kStart);
  Say(0, Update("alpha", "shard1"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 1U);
  EXPECT_THAT(peers_[0].entries, IsEmpty());
  Say(0, Update("alpha", "shard3"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 1U) << "theirs is down";
  Bind("beta", 3, kStart);
  Say(0, Update("beta", "shard3"), kStart);
  EXPECT_EQ(Find("beta", kStart), 3U) << "both think so";
}

TEST_F(HaproxyTableTest, WhatIsNoRoomOrNoShardIsCounted) {
  ConnectAndLearn(0, kStart);
  Say(0,
      Update("alpha", "shard9") + Update("beta", "shard9") + Update("gamma", "") +
          Update("", "shard1") + Update(std::string(128, 'x'), "shard1"),
      kStart);
  const PeerCounters& counters = exchange_.counters(0);
  EXPECT_EQ(counters.unknown_servers, 2U);
  EXPECT_EQ(counters.without_server, 1U);
  EXPECT_EQ(counters.unreadable_names, 1U);
  EXPECT_EQ(counters.long_names, 1U);
  EXPECT_EQ(counters.learned, 0U);
  EXPECT_EQ(table_.stats().entries, 0U);
  ASSERT_EQ(std::ranges::count(events_, Event::Kind::kUnknownServer, &Event::kind), 1);
  for (const Event& event : events_) EXPECT_THAT(event.detail, Not(HasSubstr("alpha")));
}

TEST_F(HaproxyTableTest, ChangesHereAreTaughtToAll) {
  ConnectAndLearn(0, kStart);
  ConnectAndLearn(1, kStart);
  Teach(Bind("tést room", 1, kStart), kStart);
  for (const auto& peer : peers_) {
    EXPECT_THAT(peer.entries, ElementsAre(std::pair("t%C3%A9st+room", "shard1")));
  }
  CellRecord tombstone{.key = KeyOf("beta")};
  Teach(tombstone, kStart);
  CellRecord board = Bind("gamma", 1, kStart);
  board.key_namespace = KeyNamespace::kWhiteboard;
  Teach(board, kStart);
  EXPECT_THAT(peers_[0].entries, SizeIs(1));
}

TEST_F(HaproxyTableTest, WhatHaproxyToldIsNotToldAgain) {
  ConnectAndLearn(0, kStart);
  ConnectAndLearn(1, kStart);
  Say(0, Update("alpha", "shard1"), kStart);
  Teach({.key = KeyOf("alpha"), .shard = 1, .lease = 60s, .display = "alpha"}, kStart + 100ms);
  EXPECT_EQ(peers_[0].updates + peers_[1].updates, 0U);
  Teach(Bind("alpha", 2, kStart), kStart + 200ms);
  EXPECT_THAT(peers_[1].entries, ElementsAre(std::pair("alpha", "shard2"))) << "moved since";
  Teach({.key = KeyOf("alpha"), .shard = 2, .lease = 60s, .display = "alpha"}, kStart + 40s);
  EXPECT_EQ(peers_[1].updates, 2U) << "a later renewal is ours";
}

TEST_F(HaproxyTableTest, NamesThatWereCutAreNotTaught) {
  ConnectAndLearn(0, kStart);
  const std::string longer(40, 'x');
  CellRecord record = Bind(longer, 1, kStart);
  record.display = longer.substr(0, 32);
  Teach(record, kStart);
  EXPECT_EQ(peers_[0].updates, 0U);
  EXPECT_EQ(exchange_.counters(0).cut_names, 1U);
  Teach({.key = KeyOf("beta"), .shard = 77, .lease = 60s, .display = "beta"}, kStart);
  EXPECT_EQ(exchange_.counters(0).without_shard, 1U);
  Teach(Bind("gamma", 1, kStart), kStart);
  EXPECT_EQ(peers_[0].updates, 1U);
}

TEST_F(HaproxyTableTest, ANewPeerIsAskedAndThenTaughtWhatItDoesNotKnow) {
  Bind("ours", 1, kStart);
  Bind("both", 2, kStart);
  Connect(0, kStart);
  EXPECT_EQ(peers_[0].said, "control 0; ");
  EXPECT_EQ(peers_[0].updates, 0U) << "its answer first";
  Say(0,
      test::kHaproxyTable + Update("theirs", "shard0", 1, 30s) + Update("both", "shard2", 2, 30s),
      kStart);
  Say(0, test::kResyncFinished, kStart);
  EXPECT_THAT(peers_[0].entries, ElementsAre(std::pair("ours", "shard1")));
  EXPECT_EQ(peers_[0].said, "control 0; control 3; ");
  EXPECT_EQ(Find("theirs", kStart), 0U);
  // Once it has heard that, nothing is repeated after a reconnect.
  Say(0, Acknowledge(peers_[0].last_update), kStart);
  Disconnect(0);
  Connect(0, kStart + 1s);
  EXPECT_EQ(peers_[0].said, "") << "asked once";
  EXPECT_EQ(peers_[0].updates, 0U);
}

TEST_F(HaproxyTableTest, AnAnswerThatNeverEndsIsNotWaitedForLong) {
  Bind("ours", 1, kStart);
  Connect(0, kStart);
  Settle(kStart + 9s);
  EXPECT_EQ(peers_[0].updates, 0U);
  Settle(kStart + 11s);
  EXPECT_EQ(peers_[0].updates, 1U);
}

TEST_F(HaproxyTableTest, ALessonIsTimedByIdleness) {
  ConnectAndLearn(0, kStart);
  Bind("idle", 1, kStart);
  table_.AcquireSession(kRoom, KeyOf("held"), kStart);
  Bind("held", 2, kStart);
  Say(0, test::kResyncRequest, kStart + 40s);
  // HAProxy's entries live a day: idle for 40 s there, too.
  EXPECT_EQ(peers_[0].times["idle"], 24h - 40s);
  EXPECT_EQ(peers_[0].times["held"], 24h);
  table_.ReleaseSession(kRoom, KeyOf("held"), kStart);
}

TEST_F(HaproxyTableTest, ALessonAskedForHoldsEverything) {
  ConnectAndLearn(0, kStart);
  Say(0, Update("theirs", "shard0"), kStart);
  Bind("ours", 1, kStart);
  Say(0, test::kResyncRequest, kStart + 2s);
  EXPECT_THAT(peers_[0].entries,
              UnorderedElementsAre(std::pair("ours", "shard1"), std::pair("theirs", "shard0")));
  EXPECT_THAT(peers_[0].said, testing::EndsWith("control 1; ")) << "up to date";
  Say(0, test::kResyncConfirm, kStart + 2s);
  Teach(Bind("later", 2, kStart), kStart + 3s);
  EXPECT_EQ(peers_[0].entries.at("later"), "shard2");
}

TEST_F(HaproxyTableTest, WhoKnowsNothingYetSaysSo) {
  Connect(0, kStart);
  Say(0, test::kResyncRequest, kStart);
  EXPECT_EQ(peers_[0].said, "control 0; control 2; ");
  Connect(1, kStart + 6s);
  Say(1, test::kResyncRequest, kStart + 6s);
  EXPECT_EQ(peers_[1].said, "control 0; control 1; ") << "nobody else will know more";
}

TEST_F(HaproxyTableTest, LessonsAreNotStartedForEveryRequest) {
  ConnectAndLearn(0, kStart);
  Bind("ours", 1, kStart);
  for (int i = 0; i < 100; ++i) Say(0, test::kResyncRequest, kStart + 2s);
  EXPECT_EQ(exchange_.counters(0).lessons, 2U) << "one unasked at the start";
  Settle(kStart + 3s);
  EXPECT_EQ(exchange_.counters(0).lessons, 3U) << "the last request is answered, too";
}

TEST_F(HaproxyTableTest, UnacknowledgedChangesAreRepeatedAfterAReconnect) {
  ConnectAndLearn(0, kStart);
  Teach(Bind("one", 1, kStart), kStart);
  Say(0, Acknowledge(peers_[0].last_update), kStart);
  Teach(Bind("two", 1, kStart), kStart);
  Disconnect(0);
  Teach(Bind("three", 1, kStart), kStart);
  Teach(Bind("four", 1, kStart - 1h), kStart - 61s);  // its lease is over when we meet again
  Connect(0, kStart + 1s);
  EXPECT_THAT(peers_[0].entries,
              ElementsAre(std::pair("three", "shard1"), std::pair("two", "shard1")));
}

TEST_F(HaproxyTableTest, AcknowledgementsOfWhatWasNeverSentAreIgnored) {
  ConnectAndLearn(0, kStart);
  Teach(Bind("one", 1, kStart), kStart);
  for (const uint32_t id : {0x7fffffffU, 5U, 0x80000005U, 0xffffffffU}) {
    Say(0, Acknowledge(id), kStart);
  }
  Disconnect(0);
  Connect(0, kStart + 1s);
  EXPECT_THAT(peers_[0].entries, SizeIs(1));
}

TEST_F(HaproxyTableTest, WhoMissedTooMuchIsTaughtEverything) {
  ConnectAndLearn(0, kStart);
  Disconnect(0);
  for (size_t i = 0; i < TableExchange::kLogLimit + 10; ++i) {
    const CellRecord record = Bind("room" + std::to_string(i), 1, kStart);
    exchange_.Teach(std::span(&record, 1), kStart);
  }
  Connect(0, kStart + 1s);
  EXPECT_EQ(peers_[0].entries.size(), TableExchange::kLogLimit + 10);
  EXPECT_EQ(exchange_.counters(0).forgotten, 1U);
}

TEST_F(HaproxyTableTest, ChangesDuringALessonFollowIt) {
  for (int i = 0; i < 5000; ++i) Bind("room" + std::to_string(i), 1, kStart);
  ConnectAndLearn(0, kStart);
  Say(0, Acknowledge(peers_[0].last_update), kStart);
  peers_[0].ours->Receive(test::kResyncRequest, kStart + 2s);
  for (const auto& event : peers_[0].ours->TakeEvents()) exchange_.Take(0, event, kStart + 2s);
  exchange_.Fill(0, kStart + 2s);  // as much as there is room for
  ASSERT_FALSE(peers_[0].ours->has_room());
  const CellRecord moved = Bind("room4999", 2, kStart + 2s), added = Bind("new", 0, kStart + 2s);
  exchange_.Teach(std::span(&moved, 1), kStart + 2s);
  exchange_.Teach(std::span(&added, 1), kStart + 2s);
  Settle(kStart + 2s);
  EXPECT_EQ(peers_[0].entries.size(), 5001U);
  EXPECT_EQ(peers_[0].entries.at("room4999"), "shard2");
  EXPECT_EQ(peers_[0].entries.at("new"), "shard0");
}

TEST_F(HaproxyTableTest, AddressesAreTaughtWhereAddressesAreUsed) {
  Bind("ours", 1, kStart);
  ConnectAndLearn(0, kStart);
  EXPECT_THAT(peers_[0].entries, ElementsAre(std::pair("ours", "shard1")));
  Say(0, Update("theirs", "10.0.0.1:8002"), kStart + 2s);
  EXPECT_EQ(Find("theirs", kStart + 2s), 2U);
  EXPECT_EQ(peers_[0].entries["ours"], "10.0.0.1:8001") << "told anew";
  Teach(Bind("later", 0, kStart), kStart + 3s);
  EXPECT_EQ(peers_[0].entries["later"], "10.0.0.1:8000");
}

TEST_F(HaproxyTableTest, IsAskedAgainWhenAServerBecomesKnown) {
  Connect(0, kStart);
  Say(0, test::kHaproxyTable + Update("alpha", "shard7") + test::kResyncFinished, kStart);
  EXPECT_EQ(Find("alpha", kStart), kNoShard);
  exchange_.ShardsChanged();
  Settle(kStart);
  EXPECT_EQ(peers_[0].said, "control 0; control 3; ") << "nothing new";
  SetShards({test::UpShard(0, "shard0"), test::UpShard(7, "shard7")});
  exchange_.ShardsChanged();
  Settle(kStart);
  EXPECT_EQ(peers_[0].said, "control 0; control 3; control 0; ");
  Say(0, test::kHaproxyTable + Update("alpha", "shard7") + test::kResyncFinished, kStart);
  EXPECT_EQ(Find("alpha", kStart), 7U);
}

TEST_F(HaproxyTableTest, TablesOfOtherLengthsAreSharedWithAWarning) {
  ConnectAndLearn(0, kStart);
  Teach(Bind("alpha", 1, kStart), kStart);
  std::string shorter = test::kHaproxyTable;
  shorter[16] = 33;
  Say(0, shorter, kStart + 2s);
  EXPECT_EQ(exchange_.key_length(0), 33U);
  EXPECT_EQ(peers_[0].tables->shared()->key_length, 33U) << "defined anew";
  EXPECT_EQ(peers_[0].updates, 2U) << "told anew";
  ASSERT_EQ(events_.back().kind, Event::Kind::kMismatch);
  EXPECT_THAT(events_.back().detail, HasSubstr("32 bytes"));
  EXPECT_THAT(events_.back().detail, HasSubstr("86400 s in its table and 60 s here"));
  const size_t reported = events_.size();
  Say(0, shorter, kStart + 3s);
  EXPECT_EQ(events_.size(), reported) << "said once";
}

TEST_F(HaproxyTableTest, AMismatchIsSaidAndSeen) {
  Connect(0, kStart);
  std::string integers = test::kHaproxyTable;
  integers[15] = 2;
  Say(0, integers + Update("alpha", "shard1") + test::kResyncFinished, kStart);
  EXPECT_THAT(exchange_.mismatch(0), HasSubstr("not strings"));
  Connect(1, kStart);
  Say(1,
      Hex("0a 82 12 02 05 6f 74 68 65 72 06 81 f1 f1 fe 00 f0 b1 ca c8 01") + test::kResyncFinished,
      kStart);
  EXPECT_THAT(exchange_.mismatch(1),
              HasSubstr("no table jitsi-meet (stick_table.name); it has other"));
  EXPECT_EQ(std::ranges::count(events_, Event::Kind::kMismatch, &Event::kind), 2);
  Say(1, test::kHaproxyTable, kStart);
  EXPECT_EQ(exchange_.mismatch(1), "");
}

TEST_F(HaproxyTableTest, LargeTablesStreamBothWays) {
  constexpr int kRooms = 200'000;
  Connect(0, kStart);
  std::string bytes = test::kHaproxyTable;
  for (int i = 0; i < kRooms; ++i) {
    bytes += Update("room" + std::to_string(i), "shard" + std::to_string(i % 3), 1, 30s);
    if (bytes.size() < 16'000 && i + 1 < kRooms) continue;
    Say(0, bytes, kStart);
    bytes.clear();
  }
  Say(0, test::kResyncFinished, kStart);
  EXPECT_EQ(exchange_.counters(0).learned, uint64_t{kRooms});
  EXPECT_EQ(peers_[0].updates, 0U);
  ConnectAndLearn(1, kStart);
  EXPECT_EQ(peers_[1].entries.size(), size_t{kRooms});
  EXPECT_EQ(peers_[1].entries.at("room4"), "shard1");
}

}  // namespace
}  // namespace room_router::haproxy
