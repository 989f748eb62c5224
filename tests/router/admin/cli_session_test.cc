// SPDX-License-Identifier: Apache-2.0
// The framing of the admin socket, byte by byte as HAProxy 2.6 was seen to answer.
#include "router/admin/cli_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace room_router::admin {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct Outcome {
  std::string output;
  bool closes = false;
};

// Answers `show version` like HAProxy, `fail` with an error, anything else with its words in
// braces.
Outcome Talk(CliSession& session, const std::vector<std::string>& writes) {
  Outcome outcome;
  for (const std::string& bytes : writes) {
    session.Receive(bytes);
    while (const auto words = session.Next(18s)) {
      CliReply reply{.text = "{"};
      for (const std::string& word : *words) reply.text += word + "|";
      reply.text += "}\n";
      if ((*words)[0] == "show") reply.text = "2.6\n";
      if ((*words)[0] == "set") reply.text.clear();
      if ((*words)[0] == "fail") reply = {.text = "No such table\n", .severity = CliReply::kError};
      session.Answer(reply, 18s);
    }
    outcome.output += session.TakeOutput();
    outcome.closes = session.done() || session.idle();
    if (session.done()) break;
  }
  return outcome;
}

struct Case {
  const char* name;
  std::vector<std::string> writes;
  std::string output;
  bool closes;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

class Framing : public testing::TestWithParam<Case> {};

TEST_P(Framing, IsHaproxys) {
  CliSession session(config::AdminLevel::kAdmin);
  const Outcome outcome = Talk(session, GetParam().writes);
  EXPECT_EQ(outcome.output, GetParam().output);
  EXPECT_EQ(outcome.closes, GetParam().closes);
}

const Case kCases[] = {
    {"SingleCommand", {"show version\n"}, "2.6\n\n", true},
    {"NoLineFeedYet", {"show version"}, "", false},
    {"CarriageReturn", {"show version\r\n"}, "2.6\n\n", true},
    {"Semicolon", {"show version;show version\n"}, "2.6\n\n2.6\n\n", true},
    {"SemicolonWithSpaces", {" show version ; show version \n"}, "2.6\n\n2.6\n\n", true},
    {"TrailingSemicolon", {"show version;\n"}, "2.6\n\n", true},
    {"LowersItsLevel", {"operator;user\n"}, "\n\n", true},
    {"NeverRaisesIt", {"user;operator\n"}, "\nPermission denied\n\n", true},
    {"TwoLinesAtOnce", {"show version\nshow version\n"}, "2.6\n\n2.6\n\n", true},
    {"ThreeSetTables", {"set a\nset b\nset c\n"}, "\n\n\n", true},
    {"SplitLine", {"show ver", "sion\n"}, "2.6\n\n", true},
    {"EndsInAPartialLine", {"show version\nshow ver"}, "2.6\n\n", false},
    {"BlankLine", {"\n"}, "\n", true},
    {"Prompt", {"prompt\n", "show version\n"}, "\n> 2.6\n\n> ", false},
    {"PromptPipelined", {"prompt\nshow version\nshow version\n"}, "\n> 2.6\n\n> 2.6\n\n> ", false},
    {"PromptThenCommand", {"prompt;show version\n"}, "\n> 2.6\n\n> ", false},
    {"PromptBlankLine", {"prompt\n\n"}, "\n> \n> ", false},
    {"PromptTwice", {"prompt\n", "prompt\n"}, "\n> \n", true},
    {"PromptQuiet", {"prompt i\n", "show version\n"}, "\n2.6\n\n", false},
    {"PromptOff", {"prompt n\n"}, "\n", true},
    {"PromptTimed",
     {"prompt timed;show version\n"},
     "\n[0:00:00:18]> 2.6\n\n[0:00:00:18]> ",
     false},
    {"SetTimeout", {"prompt\nset timeout cli 60\n"}, "\n> \n> ", false},
    {"SetTimeoutBad", {"set timeout cli x\n"}, "Invalid timeout value.\n\n", true},
    {"Quit", {"quit\n"}, "", true},
    {"QuitDropsTheRest", {"quit;show version\nshow version\n"}, "", true},
    {"Escapes",
     {R"(key a\;b c\ d \\ \x41)"
      "\n"},
     "{key|a;b|c d|\\|A|}\n\n",
     true},
    {"Quotes", {"key 'a b' \"c\\\" d\" it's\n"}, "{key|a b|c\" d|it's|}\n\n", true},
    {"Severity",
     {"set severity-output number; fail; show x\n"},
     "\n[3]:No such table\n\n2.6\n\n",
     true},
    {"SeverityName", {"set severity-output string; fail\n"}, "\n[err]:No such table\n\n", true},
    {"Payload", {"key <<\na;b\n c\n\nshow version\n"}, "{key|a;b\n c\n|}\n\n2.6\n\n", true},
    {"PayloadOfTheLastCommand", {"show x; key a <<\nb\n\n"}, "2.6\n\n{key|a|b\n|}\n\n", true},
    {"PayloadUpToItsEnd", {"key <<END\r\na\r\n\r\nEND\r\n"}, "{key|a\n\n|}\n\n", true},
    {"PayloadEmpty", {"key <<\n\n"}, "{key||}\n\n", true},
    {"PayloadOfNothing", {"<<\nshow version\n\n"}, "\n", true},
    {"PayloadPrompt", {"prompt\nkey <<\na\n\n"}, "\n> + + {key|a\n|}\n\n> ", false},
    {"PayloadHalfSent", {"key <<\nshow version\n"}, "", false},
    {"NoPayload", {"key <<\\; <x\n"}, "{key|<<;|<x|}\n\n", true},
    {"SeverityBad",
     {"set severity-output loud\n"},
     "one of 'none', 'number', 'string' is a required argument\n\n",
     true},
};
INSTANTIATE_TEST_SUITE_P(Cli, Framing, testing::ValuesIn(kCases),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(CliSession, AnswersEveryInputTheSameHoweverItIsCut) {
  const std::string input =
      "prompt\r\nkey 'a b';show version\n\nset timeout cli 5\nkey <<\r\na\r\n\r\nfail\n";
  CliSession whole(config::AdminLevel::kAdmin);
  const std::string expected = Talk(whole, {input}).output;
  for (size_t cut = 0; cut <= input.size(); ++cut) {
    CliSession session(config::AdminLevel::kAdmin);
    EXPECT_EQ(Talk(session, {input.substr(0, cut), input.substr(cut)}).output, expected) << cut;
  }
}

TEST(CliSession, RefusesALineThatIsTooLong) {
  CliSession session(config::AdminLevel::kAdmin);
  const Outcome outcome = Talk(session, {std::string(20'000, 'x')});
  EXPECT_THAT(outcome.output, testing::StartsWith("The command line is too big for the buffer"));
  EXPECT_TRUE(session.done());
}

TEST(CliSession, RefusesAPayloadThatIsTooLong) {
  CliSession session(config::AdminLevel::kAdmin);
  std::string output = Talk(session, {"key <<\n"}).output;
  const std::string line(1000, 'x');
  for (int i = 0; i < 17 && !session.done(); ++i) output += Talk(session, {line + "\n"}).output;
  EXPECT_THAT(output, testing::StartsWith("The command line is too big for the buffer"));
  EXPECT_TRUE(session.done());
}

TEST(CliSession, TakesALineAtTheLimit) {
  CliSession session(config::AdminLevel::kAdmin);
  const std::string word(CliSession::kMaxLine, 'x');
  EXPECT_EQ(Talk(session, {word + "\n"}).output, "{" + word + "|}\n\n");
}

TEST(CliSession, KeepsItsTimeout) {
  const std::pair<const char*, std::chrono::milliseconds> cases[] = {
      {"60", 60s}, {"5s", 5s}, {"2m", 2min}, {"250ms", 250ms}};
  for (const auto& [text, expected] : cases) {
    CliSession session(config::AdminLevel::kUser);
    Talk(session, {"set timeout cli " + std::string(text) + "\n"});
    EXPECT_EQ(session.idle_timeout(), expected) << text;
  }
}

TEST(CliLine, KeepsSemicolonsInQuotes) {
  EXPECT_THAT(SplitLine("a 'b;c'; ;d"), ElementsAre(ElementsAre("a", "b;c"), ElementsAre("d")));
}

}  // namespace
}  // namespace room_router::admin
