// SPDX-License-Identifier: Apache-2.0
#include "router/cli/locate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace room_router::cli {
namespace {

using testing::HasSubstr;

TEST(Locate, ReadsUrlsPathsAndNamesAlike) {
  const RoomKeyReader reader(config::RoomKey{});
  const RoomRequest room = ReadPlace(reader, "Café Meeting");
  ASSERT_TRUE(room.has_key);
  for (const char* place :
       {"https://meet.example.org/Caf%C3%A9%20Meeting",
        "http://localhost:8080/CAFE%CC%81%20meeting", "/Caf%C3%A9%20Meeting",
        "/caf%C3%A9%20meeting#config.x=1",
        "wss://meet.example.org/xmpp-websocket?room=Caf%C3%A9+Meeting",
        "https://meet.example.org/http-bind?room=caf%C3%A9+meeting&token=secret",
        "CAFÉ  meeting"}) {
    EXPECT_EQ(ReadPlace(reader, place).key, room.key) << place;
  }
  const RoomRequest tenant = ReadPlace(reader, "acme/Standup");
  EXPECT_EQ(tenant.tenant, "acme");
  EXPECT_EQ(tenant.room, "standup");
  EXPECT_EQ(ReadPlace(reader, "https://meet.example.org/acme/standup").key, tenant.key);
  EXPECT_FALSE(ReadPlace(reader, "https://meet.example.org").has_key);
}

TEST(Locate, DescribesWhatItFound) {
  const RoomKeyReader reader(config::RoomKey{});
  const auto describe = [&reader](const char* place) {
    return Describe(place, ReadPlace(reader, place));
  };
  EXPECT_THAT(describe("/acme/Standup"), HasSubstr("tenant:    acme\nroom:      standup\n"));
  EXPECT_THAT(describe("/acme/Standup"), HasSubstr("canonical: [acme]standup\n"));
  EXPECT_THAT(describe("/libs/app.js"), HasSubstr("any shard may answer"));
  EXPECT_THAT(describe("/http-bind?room=a&room=b"), HasSubstr("answers 400"));
  EXPECT_THAT(describe("/http-bind?room=a%00"), HasSubstr("control character"));
}

TEST(Locate, FindsTheShardInATableAnswer) {
  const struct {
    const char* answer;
    const char* shard;
  } kCases[] = {
      {"# table: jitsi-meet, type: string, size:200000, used:1\n"
       "0x1: key=[]a use=0 exp=1 server_id=2 server_key=shard-1 rooms=1\n",
       "shard-1"},
      {"0x1: key=[]a server_id=2 server_key=shard-1\n", "shard-1"},
      {"0x1: key=[]a server_id=0 server_key=- rooms=1\n", ""},
      {"# table: jitsi-meet, type: string, size:200000, used:0\n", ""},
      {"", ""},
  };
  for (const auto& test : kCases) EXPECT_EQ(ShardOf(test.answer), test.shard) << test.answer;
}

}  // namespace
}  // namespace room_router::cli
