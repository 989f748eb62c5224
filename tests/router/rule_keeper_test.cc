// SPDX-License-Identifier: Apache-2.0
#include "router/rule_keeper.h"

#include <gtest/gtest.h>

#include "tests/sticky/shards.h"

namespace room_router {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1h};

class RuleKeeperTest : public testing::Test {
 protected:
  RoomRequest Bind(const std::string& name, ShardId shard) {
    RoomRequest room;
    RoomKeyReader(config::RoomKey{}).ReadTyped(name, room);
    table_.Set(room.key_namespace, room.key, room.canonical, shard, kNow);
    return room;
  }
  ShardId Home(const RoomRequest& room) const {
    return table_.Find(room.key_namespace, room.key, kNow)->shard;
  }
  Routing Route() const {
    return MakeRouting(std::make_shared<ShardSet>(shards_), std::make_shared<RoomRules>(rules_),
                       "");
  }
  static bool Ends(const MovedRooms& moved, const RoomRequest& room, ShardId shard) {
    return moved.MustEnd({.key_namespace = room.key_namespace, .key = room.key, .shard = shard});
  }

  ShardSet shards_ = test::UpShards(3);
  RoomRules rules_;
  StickTable table_{{.size = 100, .display_bytes = 12}};
  MovedRooms moved_;
};

TEST_F(RuleKeeperTest, APinnedRoomMovesOnce) {
  const RoomRequest pinned = Bind("a", 0), other = Bind("b", 0);
  rules_.pins.Set({RuleScope::kRoom, "a"}, {PinTarget::Kind::kShard, "shard-002"});
  rules_.pins.Set({RuleScope::kRoom, "absent"}, {PinTarget::Kind::kShard, "shard-002"});
  MovePinned(Route(), table_, kNow, moved_);
  EXPECT_EQ(Home(pinned), 2U);
  EXPECT_EQ(Home(other), 0U);
  EXPECT_EQ(moved_.size(), 1U);
  EXPECT_TRUE(Ends(moved_, pinned, 0));
  EXPECT_FALSE(Ends(moved_, pinned, 2));
  MovedRooms again;
  MovePinned(Route(), table_, kNow, again);
  EXPECT_EQ(again.size(), 0U);
}

TEST_F(RuleKeeperTest, NobodyMovesToAShardThatTakesNoRooms) {
  const RoomRequest pinned = Bind("a", 0);
  rules_.pins.Set({RuleScope::kRoom, "a"}, {PinTarget::Kind::kShard, "shard-002"});
  shards_.shards[2].admin = AdminState::kDrain;
  MovePinned(Route(), table_, kNow, moved_);
  EXPECT_EQ(Home(pinned), 0U);
  shards_.shards[2].admin = AdminState::kReady;
  MovePinned(Route(), table_, kNow, moved_);
  EXPECT_EQ(Home(pinned), 2U);
}

TEST_F(RuleKeeperTest, BannedRoomsThatAreThereAreFound) {
  const RoomRequest room = Bind("a room whose name is cut", 0), prefixed = Bind("coin-1", 1);
  const RoomRequest tenant = Bind("[evil]x", 2), free = Bind("b", 0);
  rules_.bans.Set({RuleScope::kRoom, "a room whose name is cut"}, BanAction::kRefuse);
  rules_.bans.Set({RuleScope::kRoom, "absent"}, BanAction::kRefuse);
  FindBanned(rules_, table_, kNow, moved_);
  EXPECT_EQ(moved_.size(), 1U);
  EXPECT_TRUE(Ends(moved_, room, 0));
  rules_.bans.Set({RuleScope::kPrefix, "coin"}, BanAction::kRefuse);
  rules_.bans.Set({RuleScope::kTenant, "evil"}, BanAction::kRedirect);
  FindBanned(rules_, table_, kNow, moved_);
  EXPECT_TRUE(Ends(moved_, prefixed, 1));
  EXPECT_TRUE(Ends(moved_, tenant, 2));
  EXPECT_FALSE(Ends(moved_, free, 0));
}

}  // namespace
}  // namespace room_router
