// SPDX-License-Identifier: Apache-2.0
#include "discovery/agent_reply.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace room_router {
namespace {

TEST(AgentReply, Lines) {
  struct Case {
    std::string line, said;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"up", "up"},
      {"down", "down"},
      {"fail", "fail"},
      {"stopped", "stopped"},
      {"UP Ready", "up ready"},
      {"ready", "ready"},
      {"drain", "drain"},
      {"maint", "maint"},
      {"75%", "75%"},
      {"0%", "0%"},
      {"weight:75%", "75%"},
      {"up ready 75%", "up ready 75%"},
      {"75% ready,up", "up ready 75%"},
      {" \t,, up\t,ready ", "up ready"},
      {"up down", "down"},
      {"down up", "up"},
      {"drain ready 10% 20%", "ready 20%"},
      {"maxconn:30 up", "up"},
      {"weight:30 up", "up"},
      {"hello up world", "up"},
      {"up#x", ""},
      {"down # disk full, 100% up", "down # disk full, 100% up"},
      {"# up", "# up"},
      {"#", ""},
      {"down #", "down"},
      {"down #\t a\x01\xc3", "down # a??"},
      {"-5% 5 % 5%% 5x% weight:% %", ""},
      {"99999999999999999999%", "25600%"},
      {std::string("up\0down", 7), ""},
      {std::string("up \0 down", 9), "down"},
      {std::string(1023, ' '), ""},
      {"down # " + std::string(500, 'x'), "down # " + std::string(80, 'x')},
  };
  for (const Case& c : cases) {
    for (const char* end : {"\n", "\r", "\r\n", "\ndown"}) {
      const auto reply = ParseAgentReply(c.line + end);
      ASSERT_TRUE(reply) << c.line;
      EXPECT_EQ(reply->ToString(), c.said) << c.line;
    }
    EXPECT_FALSE(ParseAgentReply(c.line)) << "it may go on";
  }
  EXPECT_FALSE(ParseAgentReply(std::string(1024, ' ') + "\n"));
}

TEST(AgentReply, OnlyWhatIsSaidChanges) {
  AgentReply held;
  EXPECT_FALSE(held.down());
  EXPECT_EQ(held.state(), AdminState::kReady);
  const auto heed = [&held](const std::string& line) {
    return held.Heed(*ParseAgentReply(line + "\n"));
  };
  EXPECT_FALSE(heed(""));
  EXPECT_TRUE(heed("down drain # why"));
  EXPECT_TRUE(held.down());
  EXPECT_FALSE(heed("down"));
  EXPECT_EQ(held.ToString(), "down drain # why");
  EXPECT_FALSE(heed("# because")) << "a remark alone is no news";
  EXPECT_EQ(held.ToString(), "down drain # because");
  EXPECT_TRUE(heed("50%"));
  EXPECT_EQ(held.ToString(), "down drain 50%");
  EXPECT_TRUE(heed("fail"));
  EXPECT_TRUE(heed("up ready 100%"));
  EXPECT_EQ(held.ToString(), "up ready 100%");
  EXPECT_FALSE(held.down());
}

// Whatever is said can be said again, and comes out the same however it arrives.
TEST(AgentReply, AnyBytes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::vector<std::string> pieces = {"up", "down", "drain", "maint", "ready",   "7%",
                                           " ",  ",",    "\t",    "#",     "weight:", "%",
                                           "x",  "\n",   "\r",    "\xff"};
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (auto n = random() % 12; n > 0; --n) bytes += pieces[random() % pieces.size()];
    const auto whole = ParseAgentReply(bytes);
    const size_t end = bytes.find_first_of("\r\n");
    ASSERT_EQ(whole.has_value(), end != std::string::npos);
    if (!whole) continue;
    ASSERT_EQ(ParseAgentReply(bytes.substr(0, end + 1)), whole);
    ASSERT_EQ(ParseAgentReply(bytes.substr(0, end)), std::nullopt);
    ASSERT_EQ(ParseAgentReply(whole->ToString() + "\n")->ToString(), whole->ToString());
  }
}

}  // namespace
}  // namespace room_router
