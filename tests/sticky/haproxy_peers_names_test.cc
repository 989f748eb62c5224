// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_names.h"

#include <gtest/gtest.h>

#include "tests/sticky/shards.h"

namespace room_router::haproxy {
namespace {

class HaproxyNamesTest : public testing::Test {
 protected:
  std::string Canonical(std::string_view text) {
    const RoomKeyReader reader{config::RoomKey{}};
    const ReadName read = [&](auto tenant, auto room, auto& out) {
      reader.ReadName(tenant, room, out);
    };
    RoomRequest request;
    return ReadRoom(text, read, request) ? request.canonical : "nothing";
  }
};

TEST_F(HaproxyNamesTest, HaproxysKeysAreReadLikeAQuery) {
  const std::pair<const char*, const char*> cases[] = {
      {"alpha", "alpha"},
      {"Alpha", "alpha"},
      {"a+b", "a b"},
      {"a%20b", "a b"},
      {"t%C3%A9st+room", "tést room"},
      {"t%25c3%25a9st%2520room", "tést room"},
      {"[acme]alpha", "[acme]alpha"},
      {"[Acme]Alpha+1", "[acme]alpha 1"},
      {"[unclosed", "unclosed"},
      {"", "nothing"},
      {"[acme]", "nothing"},
      {"a%00b", "nothing"},
  };
  for (const auto& [key, canonical] : cases) EXPECT_EQ(Canonical(key), canonical) << key;
}

TEST_F(HaproxyNamesTest, RoomsAreSpelledAsTheWebClientDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"alpha", "alpha"},
      {"tést room", "t%C3%A9st+room"},
      {"a-b_c.d~e", "a-b_c.d%7Ee"},
      {"50%", "50%25"},
      {"[acme corp]tést", "[acme+corp]t%C3%A9st"},
  };
  for (const auto& [canonical, spelled] : cases) {
    EXPECT_EQ(SpellRoom(canonical), spelled);
    EXPECT_EQ(Canonical(spelled), canonical);
    EXPECT_EQ(Canonical(canonical), canonical);
  }
}

TEST(HaproxyServerKeyTest, IsANameAnAddressOrALabel) {
  Shard shard = test::UpShard(4, "shard-4");
  shard.endpoints = {
      {.id = 1, .name = "web-a", .address = *SocketAddress::Parse("10.0.0.1:8083")},
      {.id = 2, .name = "web-b", .address = *SocketAddress::Parse("10.0.0.2:8083"), .up = true}};
  const ShardSet shards = test::Sorted({shard, test::UpShard(5, "bare")});
  const std::tuple<const char*, ShardId, ServerKeyForm> cases[] = {
      {"shard-4", 4, ServerKeyForm::kName},
      {"bare", 5, ServerKeyForm::kName},
      {"10.0.0.2:8083", 4, ServerKeyForm::kAddress},
      {"10.0.0.1:8083", 4, ServerKeyForm::kAddress},
      {"web-b", 4, ServerKeyForm::kName},
  };
  for (const auto& [text, id, expected] : cases) {
    const Server server = ReadServerKey(shards, text);
    EXPECT_EQ(server.shard, id) << text;
    EXPECT_EQ(server.form, expected) << text;
  }
  for (const char* text : {"", "shard-5", "10.0.0.1", "10.0.0.1:80", "10.0.0.3:8083"}) {
    EXPECT_EQ(ReadServerKey(shards, text).shard, std::nullopt) << text;
  }
  EXPECT_EQ(ServerKeyOf(shards, 4, ServerKeyForm::kName), "shard-4");
  EXPECT_EQ(ServerKeyOf(shards, 4, ServerKeyForm::kAddress), "10.0.0.2:8083") << "one that is up";
  EXPECT_EQ(ServerKeyOf(shards, 5, ServerKeyForm::kAddress), "");
  EXPECT_EQ(ServerKeyOf(shards, 6, ServerKeyForm::kName), "");
}

}  // namespace
}  // namespace room_router::haproxy
