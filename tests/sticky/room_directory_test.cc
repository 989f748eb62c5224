// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_directory.h"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <string>
#include <thread>

#include "tests/sticky/shards.h"

namespace room_router {

void PrintTo(const Decision::How& how, std::ostream* out) { *out << static_cast<int>(how); }

namespace {

using namespace std::chrono_literals;
using How = Decision::How;
using test::ByName;
using test::UpShards;

constexpr TimePoint kStart{1h};

class RoomDirectoryTest : public testing::Test {
 protected:
  RoomRequest Read(const std::string& target) const {
    RoomRequest request;
    RoomKeyReader(config_).Read("GET", target, "meet.test", true, request);
    return request;
  }

  Decision Decide(const std::string& target, TimePoint now = kStart) {
    const RoomRequest request = Read(target);
    return directory_.Decide(request, Route(directory_, shards_), now);
  }

  const Routing& Route(const RoomDirectory& directory, const ShardSet& shards) {
    const auto rules = std::make_shared<RoomRules>(rules_);
    routings_.push_back(directory.MakeRouting(std::make_shared<ShardSet>(shards), rules));
    return routings_.back();
  }

  static std::string Name(const Decision& decision) {
    return decision.shard == nullptr ? "" : decision.shard->name;
  }

  config::RoomKey config_;
  ShardSet shards_ = UpShards(4);
  RoomRules rules_;
  std::list<Routing> routings_;  // what decisions point into
  RoomDirectory directory_{{}, {}, ""};
};

TEST_F(RoomDirectoryTest, ANewRoomIsPlacedThenFound) {
  const Decision placed = Decide("/xmpp-websocket?room=foo");
  EXPECT_EQ(placed.how, How::kPlaced);
  ASSERT_NE(placed.shard, nullptr);
  for (const char* target : {"/http-bind?room=FOO", "/foo", "/config.js?room=foo", "/x?room=foo"}) {
    const Decision found = Decide(target);
    EXPECT_EQ(found.how, How::kTable) << target;
    EXPECT_EQ(Name(found), Name(placed)) << target;
  }
}

TEST_F(RoomDirectoryTest, APageIsServedFromWhereItsRoomWillBe) {
  for (int i = 0; i < 50; ++i) {
    const std::string room = "room" + std::to_string(i);
    const Decision page = Decide("/" + room);
    EXPECT_EQ(page.how, How::kHash);
    EXPECT_EQ(directory_.table().Rooms(), static_cast<uint32_t>(i));
    const Decision placed = Decide("/http-bind?room=" + room);
    EXPECT_EQ(placed.how, How::kPlaced);
    EXPECT_EQ(Name(placed), Name(page));
  }
}

TEST_F(RoomDirectoryTest, PagesDoNotKeepARoomAlive) {
  Decide("/http-bind?room=foo");
  EXPECT_EQ(Decide("/foo", kStart + 4min).how, How::kTable);
  EXPECT_EQ(Decide("/foo", kStart + 5min).how, How::kHash);
}

TEST_F(RoomDirectoryTest, ARoomStaysWhileItsShardKeepsRooms) {
  const std::string home = Name(Decide("/http-bind?room=foo"));
  Shard& shard = ByName(shards_, home);
  for (const auto& change : std::initializer_list<std::pair<ShardState, AdminState>>{
           {ShardState::kUp, AdminState::kDrain},
           {ShardState::kSoftDown, AdminState::kReady},
           {ShardState::kSoftDown, AdminState::kDrain}}) {
    shard.state = change.first;
    shard.admin = change.second;
    EXPECT_EQ(Name(Decide("/http-bind?room=foo")), home);
    EXPECT_EQ(Name(Decide("/foo")), home);
  }
  shard.weight = 0;
  EXPECT_EQ(Name(Decide("/http-bind?room=foo")), home);
  EXPECT_EQ(directory_.table().stats().moves, 0U);
}

TEST_F(RoomDirectoryTest, ARoomMovesOnceWhenItsShardIsLost) {
  for (const auto& change : std::initializer_list<std::pair<ShardState, AdminState>>{
           {ShardState::kDown, AdminState::kReady},
           {ShardState::kStarting, AdminState::kMaint},
           {ShardState::kUp, AdminState::kMaint}}) {
    shards_ = UpShards(4);
    directory_.table().Clear();
    const auto moves = directory_.table().stats().moves;
    const std::string home = Name(Decide("/http-bind?room=foo"));
    ByName(shards_, home).state = change.first;
    ByName(shards_, home).admin = change.second;
    EXPECT_EQ(Decide("/foo").how, How::kHash);
    const Decision moved = Decide("/http-bind?room=foo");
    EXPECT_EQ(moved.how, How::kPlaced);
    const std::string new_home = Name(moved);
    EXPECT_NE(new_home, home);
    shards_ = UpShards(4);
    EXPECT_EQ(Name(Decide("/http-bind?room=foo")), new_home) << "who returns pulls nothing back";
    EXPECT_EQ(directory_.table().stats().moves, moves + 1);
  }
}

TEST_F(RoomDirectoryTest, ARoomWaitsForAShardThatIsNewHere) {
  const std::string home = Name(Decide("/http-bind?room=foo"));
  Shard& shard = ByName(shards_, home);
  shard.state = ShardState::kStarting;
  shard.endpoints.clear();
  for (const char* target : {"/http-bind?room=foo", "/foo"}) {
    EXPECT_EQ(Name(Decide(target)), home);
  }
  EXPECT_EQ(directory_.table().stats().moves, 0U);
}

TEST_F(RoomDirectoryTest, AShardThatIsGoneLosesItsRooms) {
  const std::string home = Name(Decide("/http-bind?room=foo"));
  std::erase_if(shards_.shards, [&](const Shard& shard) { return shard.name == home; });
  shards_.Index();
  EXPECT_EQ(Decide("/http-bind?room=foo").how, How::kPlaced);
}

TEST_F(RoomDirectoryTest, WithNoShardForItARoomWaits) {
  const std::string home = Name(Decide("/http-bind?room=foo"));
  for (Shard& shard : shards_.shards) shard.state = ShardState::kDown;
  EXPECT_EQ(Decide("/http-bind?room=foo").how, How::kNoneEligible);
  EXPECT_EQ(Decide("/foo").how, How::kNoneEligible);
  EXPECT_EQ(Decide("/libs/app.js").how, How::kNoneEligible);
  shards_ = UpShards(4);
  EXPECT_EQ(Name(Decide("/http-bind?room=foo")), home);
  EXPECT_EQ(directory_.table().stats().moves, 0U);
}

TEST_F(RoomDirectoryTest, NewRoomsNeedAShardThatTakesThem) {
  for (Shard& shard : shards_.shards) shard.state = ShardState::kSoftDown;
  EXPECT_EQ(Decide("/http-bind?room=foo").how, How::kNoneEligible);
  EXPECT_EQ(Decide("/foo").how, How::kNoneEligible);
  EXPECT_EQ(Decide("/libs/app.js").how, How::kAny);
  EXPECT_EQ(directory_.table().stats().entries, 0U);
}

TEST_F(RoomDirectoryTest, RequestsWithoutARoomGoRound) {
  ByName(shards_, "shard-001").admin = AdminState::kDrain;
  std::map<std::string, int> requests;
  for (int i = 0; i < 30; ++i) {
    const Decision decision = Decide(i % 2 == 0 ? "/libs/app.js?room=foo" : "/http-bind");
    EXPECT_EQ(decision.how, How::kAny);
    ++requests[Name(decision)];
  }
  EXPECT_EQ(requests,
            (std::map<std::string, int>{{"shard-000", 10}, {"shard-002", 10}, {"shard-003", 10}}));
  EXPECT_EQ(directory_.table().stats().entries, 0U);
}

TEST_F(RoomDirectoryTest, AnExplicitShardIsThatShard) {
  for (const std::string name : {"shard-000", "shard-003"}) {
    const Decision decision =
        Decide("/v1/_ws/" + name + "/xmpp-websocket?room=for-" + name + "&tenant=acme");
    EXPECT_EQ(decision.how, How::kExplicit);
    EXPECT_EQ(Name(decision), name);
    EXPECT_EQ(Name(Decide("/acme/http-bind?room=for-" + name)), name) << "stored";
  }
  EXPECT_EQ(Decide("/v1/_ws/shard-004/xmpp-websocket?room=foo").how, How::kUnknownShard);
  EXPECT_EQ(Decide("/v1/_ws/shard-001/xmpp-websocket").how, How::kExplicit);
  ByName(shards_, "shard-000").state = ShardState::kDown;
  EXPECT_EQ(Decide("/v1/_ws/shard-000/xmpp-websocket?room=new").how, How::kNoneEligible);
  EXPECT_EQ(directory_.table().Rooms(), 2U);
}

TEST_F(RoomDirectoryTest, ANamedShardMovesNoRoom) {
  config_.force_shard = true;
  Decide("/v1/_ws/shard-001/xmpp-websocket?room=foo_shard-002");
  for (const char* target : {"/v1/_ws/shard-003/xmpp-websocket?room=foo_shard-002",
                             "/http-bind?room=foo_shard-002", "/foo_shard-002"}) {
    const Decision decision = Decide(target);
    EXPECT_EQ(decision.how, How::kTable) << target;
    EXPECT_EQ(Name(decision), "shard-001") << target;
  }
  ByName(shards_, "shard-003").state = ShardState::kDown;
  EXPECT_EQ(Name(Decide("/v1/_ws/shard-003/xmpp-websocket?room=foo_shard-002")), "shard-001");
  ByName(shards_, "shard-001").state = ShardState::kDown;
  EXPECT_EQ(Name(Decide("/foo_shard-002")), "shard-002");
  const Decision moved = Decide("/v1/_ws/shard-000/xmpp-websocket?room=foo_shard-002");
  EXPECT_EQ(moved.how, How::kExplicit);
  EXPECT_EQ(Name(moved), "shard-000");
}

TEST_F(RoomDirectoryTest, ForcedShardsNeedTheOption) {
  EXPECT_NE(Decide("/shard-002/http-bind?room=foo").how, How::kExplicit);
  config_.force_shard = true;
  const auto forced = [&](const std::string& target) {
    const Decision decision = Decide(target);
    return decision.how == How::kExplicit ? Name(decision) : "";
  };
  EXPECT_EQ(forced("/shard-002/http-bind?room=foo"), "shard-002");
  EXPECT_EQ(forced("/shard-002/foo"), "shard-002");
  EXPECT_EQ(forced("/acme/http-bind?room=foo_shard-001"), "shard-001");
  EXPECT_EQ(forced("/my_room_shard-001"), "shard-001");
  EXPECT_EQ(forced("/nowhere/foo_bar"), "");
  EXPECT_EQ(forced("/http-bind?room=shard-001"), "");
  EXPECT_EQ(Decide("/http-bind?room=foo_nowhere").how, How::kPlaced) << "an ordinary room";
}

TEST_F(RoomDirectoryTest, WhiteboardsAndPadsHaveTheirOwnEntries) {
  EXPECT_EQ(Decide("/socket.io/?room=foo").how, How::kPlaced);
  EXPECT_EQ(Decide("/etherpad/p/foo").how, How::kPlaced);
  EXPECT_EQ(Decide("/http-bind?room=foo").how, How::kPlaced);
  EXPECT_EQ(Decide("/acme/socket.io/?room=foo").how, How::kTable);
  EXPECT_EQ(directory_.table().stats().entries, 3U);
  EXPECT_EQ(directory_.table().Rooms(), 1U);
}

TEST_F(RoomDirectoryTest, BridgesAreForOthersToFind) {
  EXPECT_EQ(Decide("/colibri-ws/jvb/1/2?pwd=x").how, How::kUnknownShard);
}

TEST_F(RoomDirectoryTest, BannedRoomsGoNowhere) {
  rules_.bans.Set({RuleScope::kRoom, "foo"}, BanAction::kRedirect);
  rules_.bans.Set({RuleScope::kTenant, "evil"}, BanAction::kRefuse);
  for (const char* target : {"/http-bind?room=Foo", "/xmpp-websocket?room=foo", "/x?room=foo",
                             "/v1/_ws/shard-000/xmpp-websocket?room=foo", "/evil/page"}) {
    EXPECT_EQ(Decide(target).how, How::kBanned) << target;
  }
  EXPECT_EQ(Decide("/foo").how, How::kBannedPage);
  EXPECT_EQ(Decide("/socket.io/?room=foo").how, How::kPlaced) << "a whiteboard, not the room";
  EXPECT_EQ(Decide("/libs/app.js?room=foo").how, How::kAny);
  EXPECT_EQ(Decide("/acme/foo").how, How::kHash) << "another room";
  EXPECT_EQ(directory_.table().Rooms(), 0U);
}

TEST_F(RoomDirectoryTest, ReplicasAgreeWithoutTalking) {
  RoomDirectory other{{}, {}, ""};
  ShardSet theirs = UpShards(4);
  std::swap(theirs.shards[0].id, theirs.shards[3].id);  // learnt in another order
  theirs.Index();
  for (int i = 0; i < 200; ++i) {
    const RoomRequest request = Read("/http-bind?room=r" + std::to_string(i));
    const Decision a = directory_.Decide(request, Route(directory_, shards_), kStart);
    const Decision b = other.Decide(request, Route(other, theirs), kStart);
    ASSERT_EQ(Name(a), Name(b));
  }
}

TEST_F(RoomDirectoryTest, FirstJoinsOnAllThreadsMeet) {
  constexpr int kThreads = 4, kRooms = 500;
  RoomDirectory turns{{.algorithm = config::PlacementAlgorithm::kRoundRobin}, {}, ""};
  const Routing& routing = Route(turns, shards_);
  std::vector<std::vector<std::string>> places(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : places) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRooms; ++i) {
        const RoomRequest request = Read("/http-bind?room=r" + std::to_string(i));
        mine.push_back(Name(turns.Decide(request, routing, kStart)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& theirs : places) EXPECT_EQ(theirs, places.front());
}

}  // namespace
}  // namespace room_router
