// SPDX-License-Identifier: Apache-2.0
#include "router/demo/chat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace room_router::demo {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

// What `id` was told, newest last.
std::vector<Json> To(ParticipantId id, const std::vector<ChatMessage>& messages) {
  std::vector<Json> out;
  for (const ChatMessage& message : messages) {
    if (message.to == id) out.push_back(Json::parse(message.text));
  }
  return out;
}

std::vector<std::string> Names(const Json& message) {
  std::vector<std::string> names;
  for (const Json& person : message.at("participants")) names.push_back(person.at("name"));
  return names;
}

TEST(Chat, GreetsWithShardAndRoomAndTellsTheOthers) {
  Chat chat("shard-2");
  chat.Join(1, "key", "room");
  const auto out = chat.Join(2, "key", "room");
  const auto mine = To(2, out);
  ASSERT_EQ(mine.size(), 2u);
  EXPECT_EQ(mine[0],
            Json({{"type", "hello"}, {"shard", "shard-2"}, {"room", "room"}, {"you", "2"}}));
  EXPECT_THAT(Names(mine[1]), ElementsAre("Guest 1", "Guest 2"));
  ASSERT_EQ(To(1, out).size(), 1u);
  EXPECT_THAT(Names(To(1, out)[0]), ElementsAre("Guest 1", "Guest 2"));
}

TEST(Chat, TellsARoomWhatIsSaidInItAndNoOtherRoom) {
  Chat chat("shard-0");
  chat.Join(1, "a", "a");
  chat.Join(2, "a", "a");
  chat.Join(3, "b", "b");
  chat.Receive(1, R"({"type":"name","name":"Anna"})");
  const auto out = chat.Receive(1, R"({"type":"chat","text":"hello"})");
  const Json expected = {
      {"type", "chat"}, {"from", "1"}, {"name", "Anna"}, {"text", "hello"}, {"shard", "shard-0"}};
  EXPECT_THAT(To(1, out), ElementsAre(expected));
  EXPECT_THAT(To(2, out), ElementsAre(expected));
  EXPECT_THAT(To(3, out), IsEmpty());
}

TEST(Chat, ForgetsWhoLeft) {
  Chat chat("shard-0");
  chat.Join(1, "a", "a");
  chat.Join(2, "a", "a");
  const auto out = chat.Leave(1);
  ASSERT_EQ(To(2, out).size(), 1u);
  EXPECT_THAT(Names(To(2, out)[0]), ElementsAre("Guest 2"));
  EXPECT_THAT(chat.Receive(1, R"({"type":"chat","text":"ghost"})"), IsEmpty());
  EXPECT_THAT(chat.Leave(1), IsEmpty());
  EXPECT_THAT(chat.Leave(2), IsEmpty());
}

TEST(Chat, IgnoresWhatIsNoMessage) {
  Chat chat("shard-0");
  chat.Join(1, "a", "a");
  for (const char* message : {"", "nonsense", "[]", "{}", R"({"type":7})", R"({"type":"chat"})",
                              R"({"type":"chat","text":""})", R"({"type":"chat","text":{}})",
                              R"({"type":"sing","text":"la"})", "\xff\xfe"}) {
    EXPECT_THAT(chat.Receive(1, message), IsEmpty()) << message;
  }
}

TEST(Chat, CutsLongTextsAndSurvivesSplitCharacters) {
  Chat chat("shard-0");
  chat.Join(1, "a", "a");
  std::string text;
  while (text.size() < 2 * Chat::kMaxText) text += "x\u00e9";  // a cut falls inside a character
  const auto out = chat.Receive(1, Json({{"type", "chat"}, {"text", text}}).dump());
  ASSERT_EQ(out.size(), 1u);
  const std::string heard = To(1, out)[0].at("text");
  EXPECT_LE(heard.size(), Chat::kMaxText + 3);
  EXPECT_TRUE(heard.starts_with("x\u00e9x"));
}

TEST(Chat, TurnsAwayWhoComesToAFullRoom) {
  Chat chat("shard-0");
  for (ParticipantId id = 1; id <= Chat::kMaxParticipants; ++id) chat.Join(id, "a", "a");
  const ParticipantId late = Chat::kMaxParticipants + 1;
  const auto out = chat.Join(late, "a", "a");
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(To(late, out)[0].at("type"), "full");
  EXPECT_THAT(chat.Receive(late, R"({"type":"chat","text":"x"})"), IsEmpty());
}

TEST(Chat, ShowsRoomNamesThatAreNoText) {
  Chat chat("shard-0");
  const auto out = chat.Join(1, "a\xff", "a\xff");
  EXPECT_EQ(To(1, out)[0].at("room"), "a\uFFFD");
}

}  // namespace
}  // namespace room_router::demo
