// SPDX-License-Identifier: Apache-2.0
#include "router/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace room_router {
namespace {

using namespace std::chrono_literals;
using Cause = Journal::Cause;
using testing::ElementsAre;

class JournalTest : public testing::Test {
 protected:
  void Tick(Duration later = 0ms) {
    now_ += later;
    journal_.Tick(
        shards_, [this](ShardId) { return rooms_; }, now_);
  }
  const Journal::Entry& Newest() const { return journal_.newest_first().front(); }
  static Event State(const std::string& shard, const std::string& to) {
    return {.kind = Event::Kind::kShardState,
            .shard = shard,
            .from = "up",
            .to = to,
            .reason = "L4CON"};
  }
  static Journal::Fate Move(const std::string& room, const std::string& from) {
    return {.room = {.name = room}, .from = from, .to = "shard-9"};
  }

  TimePoint now_ = TimePoint{} + 1h;
  ShardSet shards_;
  uint32_t rooms_ = 0;
  Journal journal_;
};

TEST_F(JournalTest, KeepsTheNewestAndGoesOnCounting) {
  for (size_t i = 0; i < Journal::kMostEvents + 5; ++i) journal_.Add({.kind = "synced"}, now_);
  EXPECT_EQ(journal_.newest_first().size(), Journal::kMostEvents);
  EXPECT_EQ(journal_.latest(), Journal::kMostEvents + 5);
  EXPECT_EQ(Newest().id, journal_.latest());
  EXPECT_EQ(journal_.newest_first().back().id, 6u);
  journal_.Add({.kind = "synced", .detail = std::string(5000, 'x')}, now_);
  EXPECT_EQ(Newest().detail.size(), Journal::kMostText);
}

TEST_F(JournalTest, RemembersWhatAShardWentThrough) {
  for (size_t i = 0; i < Journal::kMostChanges + 3; ++i) {
    journal_.Note(State("shard-1", std::to_string(i)), now_);
  }
  const Journal::Changes* changes = journal_.ChangesOf("shard-1");
  ASSERT_NE(changes, nullptr);
  EXPECT_EQ(changes->size(), Journal::kMostChanges);
  EXPECT_EQ(changes->front().to, "22");
  EXPECT_EQ(changes->front().reason, "L4CON");
  EXPECT_EQ(journal_.ChangesOf("shard-1", "web-0"), nullptr);
  EXPECT_EQ(Sentence(Newest()), "shard-1: up -> 22, L4CON");
}

TEST_F(JournalTest, ForgetsTheShardAtRestForLongest) {
  journal_.Note(State("first", "down"), now_);
  journal_.Note(State("second", "down"), now_ + 1ms);
  for (size_t i = 0; i < Journal::kMostSubjects - 1; ++i) {
    journal_.Note(State("shard-" + std::to_string(i), "down"), now_ + 2ms);
  }
  EXPECT_EQ(journal_.ChangesOf("first"), nullptr);
  EXPECT_NE(journal_.ChangesOf("second"), nullptr);
}

TEST_F(JournalTest, ManyRoomsAreOneEvent) {
  journal_.AddRoom(Cause::kOperator, Move("a", "shard-1"));
  Tick();
  EXPECT_EQ(Newest().room->name, "a");
  EXPECT_EQ(Sentence(Newest()), "1 room moved from shard-1 to shard-9 by an operator");
  for (int i = 0; i < 1000; ++i) journal_.AddRoom(Cause::kOperator, Move("b", "shard-2"));
  Tick(1s);
  EXPECT_EQ(journal_.latest(), 1u) << "not so soon after the last";
  Tick(Journal::kPause);
  EXPECT_EQ(Newest().count, 1000u);
  EXPECT_FALSE(Newest().room);
  EXPECT_EQ(Newest().from, "shard-2") << "all came from there";
  journal_.AddRoom(Cause::kOperator, Move("c", "shard-1"));
  journal_.AddRoom(Cause::kOperator, Move("d", "shard-2"));
  Tick(Journal::kPause);
  EXPECT_EQ(Newest().from, "");
  EXPECT_EQ(journal_.latest(), 3u);
}

TEST_F(JournalTest, MovesWithoutAnotherCauseAreTheDataPlanes) {
  journal_.AddRooms(Cause::kPin, 3);
  journal_.AddRoom(Cause::kReplica, Move("a", "shard-1"));
  journal_.AddRoom(Cause::kSplit, Move("b", "shard-1"));
  journal_.AddRooms(Cause::kHealed, 1);
  journal_.CountMoves(5);
  Tick();
  std::vector<std::string> kinds;
  for (const auto& entry : journal_.newest_first()) kinds.push_back(entry.kind + entry.reason);
  EXPECT_THAT(kinds,
              ElementsAre("room_healed", "split_found", "rooms_movedreplica", "rooms_movedpin"));
  journal_.CountMoves(9);
  Tick();
  EXPECT_EQ(Newest().reason, "unavailable");
  EXPECT_EQ(Newest().count, 4u);
  EXPECT_EQ(Newest().level, config::LogLevel::kWarning);
}

TEST_F(JournalTest, OrdersAreComparedWithTheLastOne) {
  const Shard shard{.id = 4, .name = "shard-1"};  // a snapshot that is never renewed
  const ShardOrder drain{.state = AdminState::kDrain, .given = true};
  ShardOrder heavy = drain;
  heavy.weight = WeightOrder{.amount = 50, .percent = false};
  for (const ShardOrder& order : {ShardOrder{}, drain, drain, heavy, heavy}) {
    journal_.NoteOrder(shard, order, now_);
  }
  ASSERT_EQ(journal_.latest(), 2u);
  EXPECT_EQ(Sentence(Newest()), "shard-1: 100% -> 50, ordered");
  EXPECT_EQ(Sentence(journal_.newest_first().back()), "shard-1: ready -> drain, ordered");
  EXPECT_EQ(journal_.ChangesOf("shard-1")->front().what, "admin");
}

TEST_F(JournalTest, TellsOnceThatAShardIsEmpty) {
  shards_.shards = {{.id = 0, .name = "shard-0"}, {.id = 1, .name = "shard-1"}};
  shards_.shards[1].admin = AdminState::kDrain;
  rooms_ = 2;
  Tick();
  EXPECT_EQ(journal_.latest(), 0u);
  rooms_ = 0;
  Tick();
  Tick();
  ASSERT_EQ(journal_.latest(), 1u);
  EXPECT_EQ(Sentence(Newest()), "shard-1: has no rooms any more");
  rooms_ = 1;
  Tick();
  rooms_ = 0;
  Tick();
  EXPECT_EQ(journal_.latest(), 2u) << "a late one came and went";
}

TEST_F(JournalTest, EventsBecomeChangesOfTheirShard) {
  const auto note = [this](Event::Kind kind, std::string detail) {
    journal_.Note({.kind = kind, .shard = "s", .endpoint = "e", .detail = std::move(detail)}, now_);
  };
  note(Event::Kind::kEndpointAdded, "192.0.2.1:80");
  note(Event::Kind::kEndpointAgent, "drain 50%");
  note(Event::Kind::kEndpointEjected, "connections to it fail");
  note(Event::Kind::kTargetObsolete, "no change");
  note(Event::Kind::kEndpointRemoved, "192.0.2.1:80");
  std::vector<std::string> seen;
  for (const auto& change : *journal_.ChangesOf("s", "e")) {
    seen.push_back(change.what + ":" + change.from + ":" + change.to);
  }
  EXPECT_THAT(seen, ElementsAre("presence:present:absent", "health::ejected", "agent::drain 50%",
                                "presence:absent:present"));
}

}  // namespace
}  // namespace room_router
