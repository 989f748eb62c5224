// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sticky/table_exchange_with_haproxy.h"

namespace room_router::haproxy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

using LessonTest = TableExchangeTest;

TEST_F(LessonTest, ANewPeerIsAskedAndThenTaughtWhatItDoesNotKnow) {
  Bind("ours", 1, kStart);
  Bind("both", 2, kStart);
  Connect(0, kStart);
  EXPECT_EQ(peers_[0].said, "control 0; ");
  EXPECT_EQ(peers_[0].updates, 0U) << "its answer first";
  Say(0,
      test::kHaproxyTable + UpdateBytes("theirs", "shard0", 1, 30s) +
          UpdateBytes("both", "shard2", 2, 30s),
      kStart);
  Say(0, test::kResyncFinished, kStart);
  EXPECT_THAT(peers_[0].entries, ElementsAre(std::pair("ours", "shard1")));
  EXPECT_EQ(peers_[0].said, "control 0; control 3; ");
  EXPECT_EQ(Find("theirs", kStart), 0U);
  // Once it has heard that, nothing is repeated after a reconnect.
  Say(0, AcknowledgeBytes(peers_[0].last_update), kStart);
  Disconnect(0);
  Connect(0, kStart + 1s);
  EXPECT_EQ(peers_[0].said, "") << "asked once";
  EXPECT_EQ(peers_[0].updates, 0U);
}

TEST_F(LessonTest, OneThatIsUpToDateHasTheTable) {
  Connect(0, kStart);
  EXPECT_EQ(heard_, 0);
  Say(0, test::kHaproxyTable + test::kResyncFinished, kStart);
  EXPECT_EQ(heard_, 1);
  exchange_.Unreachable(1);
  EXPECT_EQ(heard_, 1);
}

TEST_F(LessonTest, OfThoseThatAreNotEachIsWaitedFor) {
  Connect(0, kStart);
  Say(0, test::kHaproxyTable + test::kResyncPartial, kStart);
  EXPECT_EQ(heard_, 0);
  exchange_.Unreachable(1);
  EXPECT_EQ(heard_, 1);
}

TEST_F(LessonTest, AnAnswerThatNeverEndsIsNotWaitedForLong) {
  Bind("ours", 1, kStart);
  Connect(0, kStart);
  Settle(kStart + 9s);
  EXPECT_EQ(peers_[0].updates, 0U);
  Settle(kStart + 11s);
  EXPECT_EQ(peers_[0].updates, 1U);
}

TEST_F(LessonTest, ALessonIsTimedByIdleness) {
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

TEST_F(LessonTest, ALessonAskedForHoldsEverything) {
  ConnectAndLearn(0, kStart);
  Say(0, UpdateBytes("theirs", "shard0"), kStart);
  Bind("ours", 1, kStart);
  Say(0, test::kResyncRequest, kStart + 2s);
  EXPECT_THAT(peers_[0].entries,
              UnorderedElementsAre(std::pair("ours", "shard1"), std::pair("theirs", "shard0")));
  EXPECT_THAT(peers_[0].said, testing::EndsWith("control 1; ")) << "up to date";
  Say(0, test::kResyncConfirm, kStart + 2s);
  Teach(Bind("later", 2, kStart), kStart + 3s);
  EXPECT_EQ(peers_[0].entries.at("later"), "shard2");
}

TEST_F(LessonTest, WhoKnowsNothingYetSaysSo) {
  Connect(0, kStart);
  Say(0, test::kResyncRequest, kStart);
  EXPECT_EQ(peers_[0].said, "control 0; control 2; ");
  Connect(1, kStart + 6s);
  Say(1, test::kResyncRequest, kStart + 6s);
  EXPECT_EQ(peers_[1].said, "control 0; control 1; ") << "nobody else will know more";
}

TEST_F(LessonTest, LessonsAreNotStartedForEveryRequest) {
  ConnectAndLearn(0, kStart);
  Bind("ours", 1, kStart);
  for (int i = 0; i < 100; ++i) Say(0, test::kResyncRequest, kStart + 2s);
  EXPECT_EQ(exchange_.counters(0).lessons, 2U) << "one unasked at the start";
  Settle(kStart + 3s);
  EXPECT_EQ(exchange_.counters(0).lessons, 3U) << "the last request is answered, too";
}

TEST_F(LessonTest, UnacknowledgedChangesAreRepeatedAfterAReconnect) {
  ConnectAndLearn(0, kStart);
  Teach(Bind("one", 1, kStart), kStart);
  Say(0, AcknowledgeBytes(peers_[0].last_update), kStart);
  Teach(Bind("two", 1, kStart), kStart);
  Disconnect(0);
  Teach(Bind("three", 1, kStart), kStart);
  Teach(Bind("four", 1, kStart - 1h), kStart - 61s);  // its lease is over when we meet again
  Connect(0, kStart + 1s);
  EXPECT_THAT(peers_[0].entries,
              ElementsAre(std::pair("three", "shard1"), std::pair("two", "shard1")));
}

TEST_F(LessonTest, AcknowledgementsOfWhatWasNeverSentAreIgnored) {
  ConnectAndLearn(0, kStart);
  Teach(Bind("one", 1, kStart), kStart);
  for (const uint32_t id : {0x7fffffffU, 5U, 0x80000005U, 0xffffffffU}) {
    Say(0, AcknowledgeBytes(id), kStart);
  }
  Disconnect(0);
  Connect(0, kStart + 1s);
  EXPECT_THAT(peers_[0].entries, SizeIs(1));
}

TEST_F(LessonTest, WhoMissedTooMuchIsTaughtEverything) {
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

TEST_F(LessonTest, ChangesDuringALessonFollowIt) {
  for (int i = 0; i < 5000; ++i) Bind("room" + std::to_string(i), 1, kStart);
  ConnectAndLearn(0, kStart);
  Say(0, AcknowledgeBytes(peers_[0].last_update), kStart);
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

}  // namespace
}  // namespace room_router::haproxy
