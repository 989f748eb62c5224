// SPDX-License-Identifier: Apache-2.0
// HAProxy configurations as ours: whole ones beside what they become.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "tests/config/haproxy_support.h"
#include "tests/config/support.h"

namespace room_router::config::haproxy {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ReadData(const std::string& name) {
  std::ifstream file(std::string(CONFIG_TEST_DATA) + "/haproxy/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::string> PodEnvironment(std::string_view name) {
  if (name == "HOSTNAME") return "edge-0";
  if (name == "OTHER_HOSTNAME") return "edge-1";
  if (name == "MY_POD_IP") return "10.0.0.10";
  if (name == "OTHER_IP") return "10.0.0.11";
  return std::nullopt;
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, BecomesWhatStandsBesideIt) {
  const std::string name = GetParam();
  const std::string cfg = ReadData(name + ".cfg");
  ASSERT_FALSE(cfg.empty());
  const Imported imported = Import(
      {{.name = name + ".cfg", .text = cfg}},
      {.backend = {}, .local_peer = {}, .resolve = FixedAddress, .environment = TestEnvironment});
  ASSERT_TRUE(imported.mistakes.empty()) << imported.mistakes[0].ToString();
  EXPECT_EQ(imported.yaml, ReadData(name + ".yaml"))
      << "if that is right now: cd tests/config/haproxy && room-router import-haproxy " << name
      << ".cfg >" << name << ".yaml";
  const Loaded loaded = LoadText(imported.yaml, "room-router.yaml", PodEnvironment);
  EXPECT_TRUE(loaded.ok()) << AllMistakes(loaded);
}

INSTANTIATE_TEST_SUITE_P(Known, Golden,
                         testing::Values("kubernetes", "compose", "releases", "minimal"),
                         [](const auto& one) { return std::string(one.param); });

// Every directive stands behind a value, in a comment, or in a section explained as a whole.
TEST_P(Golden, LosesNoDirective) {
  const std::string name = GetParam();
  const std::string yaml = ReadData(name + ".yaml");
  std::istringstream lines(ReadData(name + ".cfg"));
  std::string line;
  bool explained = false;
  for (int number = 1; std::getline(lines, line); ++number) {
    const size_t start = line.find_first_not_of(' ');
    if (start == std::string::npos || line[start] == '#') continue;
    const std::string place = name + ".cfg:" + std::to_string(number);
    if (start == 0) {
      explained =
          yaml.find(place + ": " + line + "\n#   not the room router's") != std::string::npos;
    } else {
      EXPECT_TRUE(explained || yaml.find(place + ":") != std::string::npos ||
                  yaml.find(place + "\n") != std::string::npos ||
                  yaml.find(place + ",") != std::string::npos)
          << place << ": " << line;
    }
  }
}

TEST(HaproxyImport, MembersOfPeers) {
  const std::string text =
      "peers p\n  peer a 10.0.0.1:1024\n  peer b 10.0.0.2:1025\n"
      "backend b\n  stick-table type string len 128 size 1k expire 1h peers p\n"
      "  stick on urlp(room)\n";
  const std::string unknown = ImportText(text + kServer).yaml;
  EXPECT_THAT(unknown, HasSubstr("tell it with --local-peer NAME"));
  EXPECT_THAT(unknown, Not(HasSubstr("listen:")));
  const std::string told = ImportText(text + kServer, "", "b").yaml;
  EXPECT_THAT(told, HasSubstr("listen: 10.0.0.2:1025  # h.cfg:3\n    local_name: b"));
  EXPECT_THAT(told, HasSubstr("- {name: a, address: \"10.0.0.1:1024\"}"));
  EXPECT_THAT(told, HasSubstr("from_path: false"));
}

TEST(HaproxyImport, PeersWithBindAndTheirOwnTable) {
  const std::string yaml = ImportText(
                               "peers p\n  bind :1024\n  server me\n  server b 10.0.0.2:1024\n"
                               "  table rooms type string len 64 size 300k expire 2h\n"
                               "backend b\n  stick on urlp(room) table p/rooms\n" +
                               std::string(kServer))
                               .yaml;
  EXPECT_THAT(yaml, HasSubstr("name: rooms"));
  EXPECT_THAT(yaml, HasSubstr("size: 307200"));
  EXPECT_THAT(yaml, HasSubstr("display_bytes: 128"));
  EXPECT_THAT(yaml, HasSubstr("listen: 0.0.0.0:1024  # h.cfg:2\n    local_name: me"));
  EXPECT_THAT(yaml, HasSubstr("- {name: b, address: \"10.0.0.2:1024\"}"));
}

TEST(HaproxyImport, LeavesVariablesThatAreNotSetToTheRun) {
  const std::string yaml =
      ImportText("listen b\n  bind \"${LATER}:80\"\n" + std::string(kServer)).yaml;
  EXPECT_THAT(yaml, HasSubstr("- {address: \"${LATER}:80\"}  # h.cfg:2"));
}

TEST(HaproxyImport, NamesCannotLeaveTheirComment) {
  const std::string yaml =
      ImportText("backend \"a\\nretries: 9\"\n  bogus \"\\nretries: 9\"\n" + std::string(kServer) +
                 "backend \"b\\nretries: 9\"\n  balance url_param room\n" + kServer +
                 "frontend \"f\\nretries: 9\"\n  use_backend \"x\\nretries: 9\" if a\n" +
                 "  default_backend \"b\\nretries: 9\"\n")
          .yaml;
  EXPECT_THAT(yaml, HasSubstr("# From h.cfg by"));
  EXPECT_THAT(yaml, Not(HasSubstr("\nretries")));
}

TEST(HaproxyImport, SeveralFilesAreOneConfiguration) {
  const Imported imported =
      Import({{.name = "1.cfg", .text = "defaults\n  timeout connect 7s\n"},
              {.name = "2.cfg", .text = "listen b\n  bind :80\n" + std::string(kServer)}},
             {.backend = {}, .local_peer = {}, .resolve = nullptr, .environment = TestEnvironment});
  EXPECT_THAT(imported.yaml, HasSubstr("connect: 7s  # 1.cfg:2"));
  EXPECT_THAT(imported.yaml, HasSubstr("# 2.cfg:3"));
}

TEST(HaproxyImport, WithoutAShardIsAMistake) {
  const Imported imported = ImportText("backend b\n  server s nowhere:80\n");
  ASSERT_EQ(imported.mistakes.size(), 1);
  EXPECT_THAT(
      imported.mistakes[0].ToString(),
      HasSubstr("h.cfg:1:1: backend b makes no configuration: shards: nothing to route to"));
  EXPECT_EQ(imported.yaml, "");
}

TEST(HaproxyImport, StaysBounded) {
  std::string text =
      "frontend f\n  default_backend b\n  bind :1-60,:1-60,:1-60,:1-60,:1-60,:1-60\n";
  for (int n = 0; n < 2000; ++n) {
    text += "  http-request set-header X-" + std::to_string(n) + " v\n";
    text += "  acl a urlp(room) r" + std::to_string(n) + "\n  http-request deny if a\n";
  }
  text += "backend b\n";
  for (int n = 0; n < 3000; ++n) text += "  server bad" + std::to_string(n) + "! 10.0.0.1:80\n";
  const Imported imported = ImportText(text + kServer);
  ASSERT_TRUE(imported.mistakes.empty()) << imported.mistakes[0].ToString();
  EXPECT_THAT(imported.yaml, HasSubstr("more than 256 fields"));
  EXPECT_THAT(imported.yaml, HasSubstr("more than 256 listeners"));
  EXPECT_THAT(imported.yaml, HasSubstr("{name: shard-0, "));
}

}  // namespace
}  // namespace room_router::config::haproxy
