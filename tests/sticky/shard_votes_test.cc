// SPDX-License-Identifier: Apache-2.0
#include "sticky/shard_votes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/sticky/replica.h"
#include "tests/sticky/shards.h"

namespace room_router {
namespace {

using Names = std::vector<std::string>;
using test::kStart;

class ShardVotesTest : public testing::Test {
 protected:
  struct Voter {
    explicit Voter(const std::string& name)
        : clock(std::hash<std::string>()(name), test::kWallMs, kStart),
          cells(clock),
          votes(cells, name) {}
    // The shards it finds down, of shard-000 to shard-002.
    void Find(const std::vector<ShardId>& down) {
      ShardSet set = test::UpShards(3);
      for (const ShardId id : down) set.shards[id].down_here = true;
      votes.Cast(set, kStart);
    }
    HybridClock clock;
    AdminCells cells;
    ShardVotes votes;
  };

  // All tell all what they voted.
  void Gossip() {
    for (Voter* from : {&a_, &b_, &c_}) {
      for (const AdminCell& cell : from->cells.TakeChanges()) {
        for (Voter* to : {&a_, &b_, &c_}) to->cells.Merge(cell, kStart);
      }
    }
  }

  const Names all_{"a", "b", "c"};
  Voter a_{"a"}, b_{"b"}, c_{"c"};
};

TEST_F(ShardVotesTest, MostOfThoseThatLiveDecide) {
  a_.Find({1});
  Gossip();
  EXPECT_EQ(c_.votes.Down("shard-001", all_), 1U);
  EXPECT_EQ(c_.votes.Count("shard-001", all_), Quorum::kNotDown);
  EXPECT_EQ(c_.votes.Count("shard-001", Names{"a", "c"}), Quorum::kNotDown) << "half is not most";
  b_.Find({1, 2});
  Gossip();
  for (const Voter* voter : {&a_, &b_, &c_}) {
    EXPECT_EQ(voter->votes.Count("shard-001", all_), Quorum::kDown);
    EXPECT_EQ(voter->votes.Count("shard-002", all_), Quorum::kNotDown);
    EXPECT_EQ(voter->votes.Count("shard-000", all_), Quorum::kNotDown);
  }
}

TEST_F(ShardVotesTest, TheDeadHaveNoVote) {
  a_.Find({1});
  b_.Find({1});
  Gossip();
  EXPECT_EQ(c_.votes.Count("shard-001", Names{"b", "c"}), Quorum::kNotDown);
}

TEST_F(ShardVotesTest, WhoIsAloneAsksNobody) {
  EXPECT_EQ(a_.votes.Count("shard-001", Names{"a"}), Quorum::kNone);
  a_.Find({1});
  EXPECT_EQ(a_.votes.Count("shard-001", Names{"a"}), Quorum::kNone);
}

TEST_F(ShardVotesTest, AVoteIsTakenBack) {
  a_.Find({1, 2});
  b_.Find({1});
  Gossip();
  a_.Find({2});
  Gossip();
  EXPECT_EQ(c_.votes.Count("shard-001", all_), Quorum::kNotDown);
  EXPECT_EQ(c_.votes.Down("shard-002", all_), 1U);
}

TEST_F(ShardVotesTest, VotesOfAFormerLifeAndOnShardsThatAreGoneAreTakenBack) {
  a_.Find({1});
  Gossip();
  Voter again("a");
  again.cells.Merge(*b_.cells.Cell("vote/a/shard-001"), kStart);
  again.votes.Cast({}, kStart);
  EXPECT_EQ(again.votes.Down("shard-001", all_), 0U);
  for (const AdminCell& cell : again.cells.TakeChanges()) b_.cells.Merge(cell, kStart);
  EXPECT_EQ(b_.votes.Down("shard-001", all_), 0U);
}

TEST_F(ShardVotesTest, NothingNewIsNoChange) {
  a_.Find({1});
  a_.cells.TakeChanges();
  a_.Find({1});
  EXPECT_FALSE(a_.cells.changed());
}

TEST(Agreed, OwnFindingsCountOnlyWhenMostAgreeOrNobodyIsThere) {
  using S = ShardState;
  for (const S state : {S::kStarting, S::kUp, S::kSoftDown, S::kDown}) {
    EXPECT_EQ(Agreed(state, Quorum::kNone), state);
    EXPECT_EQ(Agreed(state, Quorum::kDown), S::kDown);
    EXPECT_EQ(Agreed(state, Quorum::kNotDown), state == S::kDown ? S::kSoftDown : state);
  }
}

}  // namespace
}  // namespace room_router
