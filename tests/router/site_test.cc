// SPDX-License-Identifier: Apache-2.0
#include "router/demo/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace room_router::demo {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Site, AnswersLikeAShardAndSaysWhichOne) {
  const Site site("shard-7", {{8080, 9090}, {8081, 9091}});
  const struct {
    const char* method;
    const char* target;
    unsigned status;
    const char* type;
    const char* body;  // part of it
  } kCases[] = {
      {"GET", "/", 200, "text/html", "This page came from <strong>shard-7</strong>"},
      {"GET", "/Caf%C3%A9%20Meeting", 200, "text/html", "<td id=\"from-page\">shard-7</td>"},
      {"GET", "/acme/Standup", 200, "text/html", "<td id=\"from-page\">shard-7</td>"},
      {"GET", "/config.js?room=a", 200, "text/javascript", "\"shard\":\"shard-7\""},
      {"GET", "/acme/config.js?room=a", 200, "text/javascript", "\"8081\":9091"},
      {"GET", "/_unlock?room=a", 200, "text/plain", ""},
      {"GET", "/xmpp-websocket?room=a", 200, "text/plain", ""},
      {"POST", "/http-bind?room=a", 200, "text/xml", "shard='shard-7'"},
      {"GET", "/http-bind?room=a", 405, "text/plain", ""},
      {"GET", "/about/health", 200, "text/plain", "healthy"},
      {"POST", "/room", 405, "text/plain", ""},
      {"GET", "/libs/app.js", 404, "text/plain", "shard-7"},
      {"GET", "/favicon.ico", 404, "text/plain", "shard-7"},
  };
  for (const auto& test : kCases) {
    const Reply reply = site.Answer(test.method, test.target, "localhost");
    EXPECT_EQ(reply.status, test.status) << test.method << ' ' << test.target;
    EXPECT_THAT(reply.type, HasSubstr(test.type)) << test.target;
    EXPECT_THAT(reply.body, HasSubstr(test.body)) << test.target;
    EXPECT_THAT(reply.body, Not(HasSubstr("{{shard}}"))) << test.target;
  }
}

TEST(Site, PutsSpellingsOfARoomInOneChat) {
  const Site site("shard-0", {});
  const RoomRequest room = site.ChatRoom("/xmpp-websocket?room=Caf%C3%A9+Meeting", "localhost");
  ASSERT_TRUE(room.has_key);
  for (const char* target : {"/xmpp-websocket?room=CAFE%CC%81%20meeting",
                             "/xmpp-websocket?room=caf%25C3%25A9+MEETING"}) {
    EXPECT_EQ(site.ChatRoom(target, "localhost").canonical, room.canonical) << target;
  }
  EXPECT_NE(site.ChatRoom("/acme/xmpp-websocket?room=Caf%C3%A9+Meeting", "localhost").canonical,
            room.canonical);
}

TEST(Site, KnowsWhatIsNoChat) {
  const Site site("shard-0", {});
  for (const char* target :
       {"/", "/room", "/xmpp-websocket", "/socket.io/?room=a", "/config.js?room=a"}) {
    EXPECT_FALSE(site.ChatRoom(target, "localhost").has_key) << target;
  }
}

}  // namespace
}  // namespace room_router::demo
