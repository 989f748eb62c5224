// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_rules.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "sticky/room_orders.h"
#include "sticky/routing.h"
#include "tests/sticky/replica.h"
#include "tests/sticky/shards.h"

namespace room_router {
namespace {

using Kind = PinTarget::Kind;
using test::kStart;

RoomRequest Read(const std::string& target) {
  RoomRequest room;
  RoomKeyReader(config::RoomKey{}).Read("GET", target, "meet.test", true, room);
  return room;
}

RuleSubject Subject(RuleScope scope, std::string_view typed) {
  const auto subject = Canonical(scope, typed);
  EXPECT_TRUE(subject) << typed;
  return subject.value_or(RuleSubject{});
}

TEST(RoomRules, NamesAreReadAsThoseOfRequests) {
  EXPECT_EQ(Subject(RuleScope::kRoom, "[Acme]Stand  Up").name, "[acme]stand up");
  EXPECT_EQ(Subject(RuleScope::kPrefix, "Caf\xC3\x89").name, "caf\xC3\xA9");
  EXPECT_EQ(Subject(RuleScope::kTenant, "Acme.Org").name, "acme_org");
  for (const char* none : {"", " ", "[acme]", "?", "\x01"}) {
    EXPECT_FALSE(Canonical(RuleScope::kRoom, none)) << none;
    EXPECT_FALSE(Canonical(RuleScope::kPrefix, none)) << none;
  }
  EXPECT_FALSE(Canonical(RuleScope::kTenant, "/"));
}

TEST(RoomRules, TheNearestRuleCounts) {
  RuleSet<int> rules;
  EXPECT_TRUE(rules.empty());
  EXPECT_EQ(rules.Find(Read("/http-bind?room=a")), nullptr);
  rules.Set(Subject(RuleScope::kTenant, "acme"), 1);
  rules.Set(Subject(RuleScope::kPrefix, "s"), 2);
  rules.Set(Subject(RuleScope::kPrefix, "stand"), 3);
  rules.Set(Subject(RuleScope::kPrefix, "[acme]sta"), 4);
  rules.Set(Subject(RuleScope::kRoom, "[acme]standup"), 5);
  const auto find = [&](const std::string& target) {
    const int* rule = rules.Find(Read(target));
    return rule == nullptr ? 0 : *rule;
  };
  EXPECT_EQ(find("/acme/http-bind?room=x"), 1);
  EXPECT_EQ(find("/other/http-bind?room=sx"), 2);
  EXPECT_EQ(find("/http-bind?room=standup"), 3);
  EXPECT_EQ(find("/acme/http-bind?room=stands"), 4) << "that of the tenant before that of all";
  EXPECT_EQ(find("/acme/http-bind?room=StandUp"), 5);
  EXPECT_EQ(find("/http-bind?room=x"), 0);
  EXPECT_EQ(rules.size(), 5U);
}

// Against trying every prefix.
TEST(RoomRules, TheLongestPrefixIsFound) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto word = [&] {
    std::string text(1 + random() % 6, 'a');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int round = 0; round < 200; ++round) {
    RuleSet<size_t> rules;
    std::set<std::string> prefixes;
    for (auto i = random() % 12; i > 0; --i) {
      const std::string prefix = word();
      prefixes.insert(prefix);
      rules.Set({RuleScope::kPrefix, prefix}, prefix.size());
    }
    for (int i = 0; i < 50; ++i) {
      const std::string room = word();
      size_t longest = 0;
      for (const auto& prefix : prefixes) {
        if (room.starts_with(prefix)) longest = std::max(longest, prefix.size());
      }
      const size_t* found = rules.Find(Read("/http-bind?room=" + room));
      ASSERT_EQ(found == nullptr ? 0 : *found, longest) << room;
    }
  }
}

class RoomOrdersTest : public testing::Test {
 protected:
  HybridClock clock_{1, test::kWallMs, kStart};
  AdminCells cells_{clock_};
  RoomOrders orders_{cells_};
};

TEST_F(RoomOrdersTest, OrdersLieOverTheConfiguration) {
  const auto room = Subject(RuleScope::kRoom, "a/b c"), tenant = Subject(RuleScope::kTenant, "t");
  orders_.Configure({{.room = "a/b c", .region = "eu"}}, {{.tenant = "T", .action = "403"}});
  EXPECT_EQ(orders_.Rules(), orders_.configured());
  EXPECT_EQ(orders_.Rules().pins.Of(RuleScope::kRoom).at(room.name),
            (PinTarget{Kind::kRegion, "eu"}));
  EXPECT_EQ(orders_.Rules().bans.Of(RuleScope::kTenant).at("t"), BanAction::kRefuse);

  EXPECT_TRUE(orders_.Pin(room, PinTarget{Kind::kShard, "shard-1"}, kStart));
  EXPECT_TRUE(orders_.Ban(tenant, std::nullopt, kStart));
  EXPECT_EQ(orders_.Rules().pins.Of(RuleScope::kRoom).at(room.name),
            (PinTarget{Kind::kShard, "shard-1"}));
  EXPECT_TRUE(orders_.Rules().bans.empty());

  EXPECT_TRUE(orders_.Pin(room, std::nullopt, kStart));
  EXPECT_TRUE(orders_.Rules().pins.empty()) << "the configured one is taken back too";
  orders_.Configure({}, {});
  EXPECT_TRUE(orders_.Ban(tenant, BanAction::kRedirect, kStart));
  EXPECT_TRUE(orders_.Ban(tenant, std::nullopt, kStart));
  EXPECT_EQ(cells_.Find("ban/tenant/t"), std::nullopt) << "nothing to take back stays";
}

TEST_F(RoomOrdersTest, WhatALaterVersionOrdersIsNoRuleHere) {
  for (const char* cell : {"pin/room/a", "pin/room", "pin/moon/a", "ban/room/a", "ban/x"}) {
    cells_.Set(cell, "hover 7", kStart);
  }
  EXPECT_EQ(orders_.Rules(), RoomRules{});
  cells_.Set("ban/room/a", "403", kStart);
  EXPECT_EQ(orders_.Rules().bans.size(), 1U);
}

TEST_F(RoomOrdersTest, TooMuchIsRefused) {
  const RuleSubject subject{RuleScope::kRoom, std::string(AdminCells::kMaxNameBytes, 'r')};
  EXPECT_FALSE(orders_.Ban(subject, BanAction::kRefuse, kStart));
}

TEST(Routing, NewRoomsGoWhereTheirPinOrTheirClientSays) {
  ShardSet shards = test::UpShards(4);
  shards.shards[0].release = shards.shards[1].release = "41";
  shards.shards[2].region = "eu";
  RoomRules rules;
  rules.pins.Set(Subject(RuleScope::kTenant, "acme"), {Kind::kRegion, "eu"});
  rules.pins.Set(Subject(RuleScope::kTenant, "gone"), {Kind::kShard, "shard-009"});
  const Routing routing =
      MakeRouting(std::make_shared<ShardSet>(shards), std::make_shared<RoomRules>(rules), "");
  const auto places = [&](const std::string& target) {
    std::string names;
    const RoomRequest room = Read(target);
    for (const auto& place : routing.PlacesFor(room).candidates) {
      names += std::to_string(place.position);
    }
    return names;
  };
  EXPECT_EQ(places("/http-bind?room=a"), "0123");
  EXPECT_EQ(places("/acme/http-bind?room=a"), "2");
  EXPECT_EQ(places("/acme/http-bind?room=a&release=41"), "2") << "the pin decides";
  EXPECT_EQ(places("/gone/http-bind?room=a"), "0123") << "no such shard";
  EXPECT_EQ(places("/http-bind?room=a&release=41"), "01");
  EXPECT_EQ(places("/http-bind?release=release-41&room=a"), "01");
  EXPECT_EQ(places("/http-bind?room=a&release=42"), "0123");
}

}  // namespace
}  // namespace room_router
