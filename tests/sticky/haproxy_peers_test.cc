// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sticky/table_exchange_with_haproxy.h"

namespace room_router::haproxy {
namespace {

using namespace std::chrono_literals;
using test::Hex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(TableExchangeTest, AbsentRoomsAreBoundAsHaproxySays) {
  ConnectAndLearn(0, kStart);
  Say(0, UpdateBytes("Alpha", "shard1"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 1U);
  EXPECT_EQ(exchange_.counters(0).learned, 1U);
  Say(0, UpdateBytes("alpha", "shard1", 2), kStart + 50s);
  EXPECT_EQ(Find("alpha", kStart + 100s), 1U) << "renewed";
  EXPECT_EQ(peers_[0].updates, 0U) << "no echo";
}

TEST_F(TableExchangeTest, OurBindingStaysAndEverybodyIsCorrected) {
  ConnectAndLearn(0, kStart);
  ConnectAndLearn(1, kStart);
  Bind("alpha", 2, kStart);
  Say(0, UpdateBytes("alpha", "shard1"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 2U);
  EXPECT_EQ(exchange_.counters(0).corrected, 1U);
  for (const auto& peer : peers_) {
    EXPECT_THAT(peer.entries, ElementsAre(std::pair("alpha", "shard2")));
    EXPECT_FALSE(peer.times.at("alpha")) << "it is alive there: the whole time";
  }
}

TEST_F(TableExchangeTest, AShardThatIsDownKeepsNothing) {
  ConnectAndLearn(0, kStart);
  Bind("alpha", 3, kStart);
  Say(0, UpdateBytes("alpha", "shard1"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 1U);
  EXPECT_THAT(peers_[0].entries, IsEmpty());
  Say(0, UpdateBytes("alpha", "shard3"), kStart);
  EXPECT_EQ(Find("alpha", kStart), 1U) << "theirs is down";
  Bind("beta", 3, kStart);
  Say(0, UpdateBytes("beta", "shard3"), kStart);
  EXPECT_EQ(Find("beta", kStart), 3U) << "both think so";
}

TEST_F(TableExchangeTest, WhatIsNoRoomOrNoShardIsCounted) {
  ConnectAndLearn(0, kStart);
  Say(0,
      UpdateBytes("alpha", "shard9") + UpdateBytes("beta", "shard9") + UpdateBytes("gamma", "") +
          UpdateBytes("", "shard1") + UpdateBytes(std::string(128, 'x'), "shard1"),
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

TEST_F(TableExchangeTest, ChangesHereAreTaughtToAll) {
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

TEST_F(TableExchangeTest, WhatHaproxyToldIsNotToldAgain) {
  ConnectAndLearn(0, kStart);
  ConnectAndLearn(1, kStart);
  Say(0, UpdateBytes("alpha", "shard1"), kStart);
  Teach({.key = KeyOf("alpha"), .shard = 1, .lease = 60s, .display = "alpha"}, kStart + 100ms);
  EXPECT_EQ(peers_[0].updates + peers_[1].updates, 0U);
  Teach(Bind("alpha", 2, kStart), kStart + 200ms);
  EXPECT_THAT(peers_[1].entries, ElementsAre(std::pair("alpha", "shard2"))) << "moved since";
  Teach({.key = KeyOf("alpha"), .shard = 2, .lease = 60s, .display = "alpha"}, kStart + 40s);
  EXPECT_EQ(peers_[1].updates, 2U) << "a later renewal is ours";
}

TEST_F(TableExchangeTest, NamesThatWereCutAreNotTaught) {
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

TEST_F(TableExchangeTest, AddressesAreTaughtWhereAddressesAreUsed) {
  Bind("ours", 1, kStart);
  ConnectAndLearn(0, kStart);
  EXPECT_THAT(peers_[0].entries, ElementsAre(std::pair("ours", "shard1")));
  Say(0, UpdateBytes("theirs", "10.0.0.1:8002"), kStart + 2s);
  EXPECT_EQ(Find("theirs", kStart + 2s), 2U);
  EXPECT_EQ(peers_[0].entries["ours"], "10.0.0.1:8001") << "told anew";
  Teach(Bind("later", 0, kStart), kStart + 3s);
  EXPECT_EQ(peers_[0].entries["later"], "10.0.0.1:8000");
}

class TableExchangeByAddressTest : public TableExchangeTest {
 protected:
  TableExchangeByAddressTest() : TableExchangeTest(ServerKeyForm::kAddress) {}
};

TEST_F(TableExchangeByAddressTest, AddressesAreTaughtBeforeHaproxySaysOne) {
  Bind("ours", 1, kStart);
  ConnectAndLearn(0, kStart);
  EXPECT_THAT(peers_[0].entries, ElementsAre(std::pair("ours", "10.0.0.1:8001")));
}

TEST_F(TableExchangeByAddressTest, ATableThatSaysNamesIsAMismatch) {
  ConnectAndLearn(0, kStart);
  Say(0, UpdateBytes("theirs", "shard2"), kStart);
  EXPECT_EQ(Find("theirs", kStart), 2U) << "learned nevertheless";
  EXPECT_THAT(exchange_.mismatch(0), HasSubstr("by name"));
  EXPECT_THAT(exchange_.mismatch(0), HasSubstr("write server_key: name"));
  const size_t reported = events_.size();
  Say(0, UpdateBytes("others", "shard1"), kStart);
  EXPECT_EQ(events_.size(), reported) << "said once";
}

TEST_F(TableExchangeTest, IsAskedAgainWhenAServerBecomesKnown) {
  Connect(0, kStart);
  Say(0, test::kHaproxyTable + UpdateBytes("alpha", "shard7") + test::kResyncFinished, kStart);
  EXPECT_EQ(Find("alpha", kStart), kNoShard);
  exchange_.ShardsChanged();
  Settle(kStart);
  EXPECT_EQ(peers_[0].said, "control 0; control 3; ") << "nothing new";
  SetShards({test::UpShard(0, "shard0"), test::UpShard(7, "shard7")});
  exchange_.ShardsChanged();
  Settle(kStart);
  EXPECT_EQ(peers_[0].said, "control 0; control 3; control 0; ");
  Say(0, test::kHaproxyTable + UpdateBytes("alpha", "shard7") + test::kResyncFinished, kStart);
  EXPECT_EQ(Find("alpha", kStart), 7U);
}

TEST_F(TableExchangeTest, TablesOfOtherLengthsAreSharedWithAWarning) {
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

TEST_F(TableExchangeTest, AMismatchIsSaidAndSeen) {
  Connect(0, kStart);
  std::string integers = test::kHaproxyTable;
  integers[15] = 2;
  Say(0, integers + UpdateBytes("alpha", "shard1") + test::kResyncFinished, kStart);
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

TEST_F(TableExchangeTest, LargeTablesStreamBothWays) {
  constexpr int kRooms = 200'000;
  Connect(0, kStart);
  std::string bytes = test::kHaproxyTable;
  for (int i = 0; i < kRooms; ++i) {
    bytes += UpdateBytes("room" + std::to_string(i), "shard" + std::to_string(i % 3), 1, 30s);
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
