// SPDX-License-Identifier: Apache-2.0
#include "router/cli/completion.h"

#include <gmock/gmock.h>

#include <map>

namespace room_router::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

std::string Answer(const std::string& line) {
  static const std::map<std::string, std::string> kAnswers{
      {"help",
       "The following commands are valid at this level:\n"
       "  ban room|prefix|tenant <name> [redirect|403]: refuse rooms on all replicas\n"
       "  drain <shard> [--wait] [--max <time>]   : give a shard no new rooms\n"
       "  set maxconn global <value>              : change the setting\n"
       "  set weight <backend>/<shard> <w>[%]     : change a shard's weight\n"
       "  show stat [desc|json|up]*               : report counters\n"
       "  show table <table> [<filter>]*          : dump a table\n"
       "  quit                                    : disconnect\n"},
      {"show shards", "# shard   state\nshard-0    up\nshard-1    drain\n"},
      {"show backend", "# name\njitsi-meet\n"}};
  const auto found = kAnswers.find(line);
  return found == kAnswers.end() ? "" : found->second;
}

Completion Offered(const std::vector<std::string>& words) {
  return Complete(words, [](const std::string& socket, const std::string& line) {
    return socket == "/run/room-router/admin.sock" ? Answer(line) : "";
  });
}

TEST(Completion, OffersTheCommands) {
  EXPECT_THAT(Offered({""}).words,
              ElementsAre("check", "ctl", "demo", "import-haproxy", "locate", "run", "version"));
  EXPECT_THAT(Offered({"c"}).words, ElementsAre("check", "ctl"));
  EXPECT_THAT(Offered({"x"}).words, IsEmpty());
  EXPECT_THAT(Offered({}).words, IsEmpty());
}

TEST(Completion, OffersOptionsOnceADashIsTyped) {
  EXPECT_THAT(Offered({"check", ""}).words, IsEmpty());
  EXPECT_THAT(Offered({"check", "--"}).words, ElementsAre("--config", "--help", "--print"));
  EXPECT_THAT(Offered({"nothing", "--"}).words, IsEmpty());
}

TEST(Completion, OffersFilesWhereTheyAreTaken) {
  EXPECT_TRUE(Offered({"check", "-c", ""}).files);
  EXPECT_TRUE(Offered({"import-haproxy", ""}).files);
  EXPECT_TRUE(Offered({"ctl", "--socket", ""}).files);
  EXPECT_FALSE(Offered({"demo", "--port", ""}).files);
  EXPECT_THAT(Offered({"demo", "--port", "--"}).words, IsEmpty());
  EXPECT_FALSE(Offered({"check", ""}).files);
}

TEST(Completion, KnowsTheCommandsOfTheRouter) {
  EXPECT_THAT(Offered({"ctl", ""}).words, ElementsAre("ban", "drain", "quit", "set", "show"));
  EXPECT_THAT(Offered({"ctl", "-"}).words, Contains("--socket"));
  EXPECT_THAT(Offered({"ctl", "show", ""}).words, ElementsAre("stat", "table"));
  EXPECT_THAT(Offered({"ctl", "show", "stat", ""}).words, ElementsAre("desc", "json", "up"));
  EXPECT_THAT(Offered({"ctl", "ban", "p"}).words, ElementsAre("prefix"));
  EXPECT_THAT(Offered({"ctl", "ban", "room", ""}).words, IsEmpty());
  EXPECT_THAT(Offered({"ctl", "ban", "room", "x", ""}).words, ElementsAre("403", "redirect"));
  EXPECT_THAT(Offered({"ctl", "quit", ""}).words, IsEmpty());
  EXPECT_THAT(Offered({"ctl", "hide", ""}).words, IsEmpty());
}

TEST(Completion, KnowsTheNamesOfTheRouter) {
  EXPECT_THAT(Offered({"ctl", "drain", ""}).words, ElementsAre("shard-0", "shard-1"));
  EXPECT_THAT(Offered({"ctl", "drain", "shard-0", "--"}).words, ElementsAre("--max", "--wait"));
  EXPECT_THAT(Offered({"ctl", "set", "weight", "jitsi-meet/"}).words,
              ElementsAre("jitsi-meet/shard-0", "jitsi-meet/shard-1"));
  EXPECT_THAT(Offered({"ctl", "show", "table", ""}).words, ElementsAre("jitsi-meet"));
}

TEST(Completion, AsksTheSocketThatWasNamed) {
  EXPECT_THAT(Offered({"ctl", "-s", "/other.sock", ""}).words, Not(Contains("drain")));
  EXPECT_THAT(Offered({"ctl", "-s", "/run/room-router/admin.sock", "dr"}).words,
              ElementsAre("drain"));
}

}  // namespace
}  // namespace room_router::cli
