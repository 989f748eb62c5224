// SPDX-License-Identifier: Apache-2.0
#include "router/admin/room_commands.h"

#include <gmock/gmock.h>

#include "console.h"

namespace room_router::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

using Rooms = Console;

TEST_F(Rooms, ShardsAreListedWithTheirLoad) {
  sample_.shards->shards[1].region = "eu";
  EXPECT_THAT(Lines("show shards"),
              ElementsAre(MatchesRegex("# shard +state +admin +weight +rooms +sessions +tunnels "
                                       "+requests +up +since region release"),
                          MatchesRegex("shard-0 +up +ready +100 +1 +4 +2 +120 +1/1 +51s - -"),
                          MatchesRegex("shard-1 +up +ready +100 +1 +0 +0 +60 +2/2 +51s eu -")));
}

TEST_F(Rooms, ARoomIsFoundAsShownAndAsTyped) {
  EXPECT_THAT(
      Run("show room StandUp"),
      MatchesRegex("room: standup\nshard: shard-0 \\(up, ready\\)\nsince: [0-9]+s, epoch 0\n"
                   "lease: held by its sessions\nsessions here: 1\n"
                   "shared with: router-1, router-2 \\(out of reach\\)\n"));
  EXPECT_THAT(Run(R"(show room [acme]two\ words)"),
              HasSubstr("room: [acme]two\\ words\nshard: shard-1 (up, ready)\n"));
  EXPECT_THAT(Run("show room board"), StartsWith("whiteboard: board\n"));
  EXPECT_THAT(Run("show room board"), HasSubstr("\nlease: "));
  EXPECT_EQ(Run("show room nobody"), "No such room.\n");
  EXPECT_EQ(Run("show room"), "usage: show room <name>\n");
  EXPECT_EQ(Run("show room standup", AdminLevel::kUser), "Permission denied\n");
}

TEST_F(Rooms, SplitsAreCounted) {
  EXPECT_EQ(Run("show split"), "# found: 4, healed: 3, healing: 0\n");
}

TEST_F(Rooms, ReplicasAreListed) {
  EXPECT_THAT(
      Lines("show replicas"),
      ElementsAre(StartsWith("# replica"),
                  MatchesRegex("router-0 +127.0.0.1:7946 +alive +self +yes +90s +- +- +0"),
                  MatchesRegex("router-1 +127.0.0.2:7946 +alive +yes +yes +90s +2.0ms +80s +100"),
                  MatchesRegex("router-2 +127.0.0.3:7946 +suspect +no +yes +90s +0.0ms +- +0")));
  sample_.replication = {};
  EXPECT_EQ(Run("show replicas"), "# this replica is alone (peers.listen)\n");
}

}  // namespace
}  // namespace room_router::admin
