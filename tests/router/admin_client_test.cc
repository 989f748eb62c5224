// SPDX-License-Identifier: Apache-2.0
#include "router/cli/admin_client.h"

#include <gtest/gtest.h>

namespace room_router::cli {
namespace {

TEST(JoinWords, EscapesSeveralWordsAndTakesOneAsItIs) {
  const struct {
    std::vector<std::string> words;
    const char* line;
  } kCases[] = {
      {{"show info"}, "show info"},
      {{"show info; show stat"}, "show info; show stat"},
      {{"show", "info"}, "show info"},
      {{"show", "room", "Two Words"}, "show room Two\\ Words"},
      {{"show", "room", "a;b\"c'd\\e#f<<"}, "show room a\\;b\\\"c\\'d\\\\e\\#f\\<\\<"},
      {{"drain", "--max", "300s"}, "drain --max 300s"},
  };
  for (const auto& test : kCases) EXPECT_EQ(JoinWords(test.words), test.line);
}

TEST(ReadAnswer, StripsMarksAndTellsFailures) {
  const struct {
    const char* received;
    const char* text;
    bool failed;
  } kCases[] = {
      {"\n2.6.12\n\n", "2.6.12\n", false},
      {"\n\n", "", false},
      {"\n[6]:Memory limit\n\n", "Memory limit\n", false},
      {"\n[4]:almost\n\n", "almost\n", false},
      {"\n[3]:No such backend.\n\n", "No such backend.\n", true},
      {"\nfirst\nsecond\n\n", "first\nsecond\n", false},
      {"\nfine\n\n[3]:second command failed\n\n", "fine\n\nsecond command failed\n", true},
      {"\n[6]:Unknown command, but maybe\n  help\n\n", "Unknown command, but maybe\n  help\n",
       true},
      {"\nUnknown command.\n\n", "Unknown command.\n", true},
      {"\nkey=x\n[3]:data inside an answer\n\n", "key=x\n[3]:data inside an answer\n", false},
      {"", "", false},
  };
  for (const auto& test : kCases) {
    const AdminAnswer answer = ReadAnswer(test.received);
    EXPECT_EQ(answer.text, test.text) << test.received;
    EXPECT_EQ(answer.failed, test.failed) << test.received;
    EXPECT_EQ(answer.warned, answer.text == "almost\n") << test.received;
  }
}

TEST(AdminClient, SaysWhatToDoWhenNobodyListens) {
  for (const char* socket : {"/nonexistent/admin.sock", "127.0.0.1:1"}) {
    const AdminAnswer answer = AdminClient(socket).Ask("show info");
    EXPECT_TRUE(answer.failed);
    EXPECT_NE(answer.text.find(socket), std::string::npos) << answer.text;
    EXPECT_NE(answer.text.find("is the router running"), std::string::npos) << answer.text;
  }
  const AdminAnswer answer = AdminClient(std::string(200, '/')).Ask("show info");
  EXPECT_TRUE(answer.failed);
  EXPECT_NE(answer.text.find("too long"), std::string::npos);
}

}  // namespace
}  // namespace room_router::cli
