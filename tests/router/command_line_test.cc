// SPDX-License-Identifier: Apache-2.0
#include "router/cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace room_router::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Command Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "room-router");
  return ParseCommandLine(static_cast<int>(words.size()), words.data());
}

template <typename T>
T As(std::vector<const char*> words) {
  const Command command = Parse(std::move(words));
  if (const auto* end = std::get_if<EndCommand>(&command)) ADD_FAILURE() << end->text;
  const T* found = std::get_if<T>(&command);
  return found != nullptr ? *found : T{};
}

TEST(CommandLine, ReadsEveryCommand) {
  EXPECT_EQ(As<RunCommand>({"run"}).config, "/etc/room-router/room-router.yaml");
  EXPECT_EQ(As<RunCommand>({"run", "-c", "x.yaml"}).config, "x.yaml");
  EXPECT_TRUE(As<CheckCommand>({"check", "-c", "x.yaml", "--print"}).print);
  EXPECT_FALSE(As<CheckCommand>({"check", "--config", "x.yaml"}).print);
  const auto demo = As<DemoCommand>({"demo", "--port", "1234", "--replicas", "3", "--shards", "5",
                                     "--admin-port", "2345", "--bind", "::1"});
  EXPECT_EQ(demo.port, 1234);
  EXPECT_EQ(demo.admin_port, 2345);
  EXPECT_EQ(demo.replicas, 3);
  EXPECT_EQ(demo.shards, 5);
  EXPECT_EQ(demo.bind, "::1");
  const auto locate = As<LocateCommand>({"locate", "-c", "x.yaml", "--admin", "s", "/a", "/b"});
  EXPECT_EQ(locate.config, "x.yaml");
  EXPECT_EQ(locate.admin, "s");
  EXPECT_THAT(locate.urls, ElementsAre("/a", "/b"));
  const auto import =
      As<ImportHaproxyCommand>({"import-haproxy", "a.cfg", "-", "--backend", "b", "-L", "edge-0"});
  EXPECT_THAT(import.files, ElementsAre("a.cfg", "-"));
  EXPECT_EQ(import.backend, "b");
  EXPECT_EQ(import.local_peer, "edge-0");
  As<VersionCommand>({"version"});
}

TEST(CommandLine, LeavesTheWordsOfCtlAlone) {
  const auto ctl = As<CtlCommand>({"ctl", "-s", "/a.sock", "drain", "--max", "300s", "-s"});
  EXPECT_EQ(ctl.socket, "/a.sock");
  EXPECT_THAT(ctl.words, ElementsAre("drain", "--max", "300s", "-s"));
  EXPECT_THAT(As<CtlCommand>({"ctl", "help"}).words, ElementsAre("help"));
  EXPECT_EQ(As<CtlCommand>({"ctl"}).socket, "/run/room-router/admin.sock");
}

TEST(CommandLine, EndsWithHelpOrTheMistake) {
  const struct {
    std::vector<const char*> words;
    int status;
    const char* text;
  } kCases[] = {
      {{}, kUsage, "subcommand is required"},
      {{"--help"}, kSuccess, "locate"},
      {{"--version"}, kSuccess, "room-router "},
      {{"run", "--help"}, kSuccess, "SIGHUP"},
      {{"ctl", "--help"}, kSuccess, "--socket"},
      {{"fly"}, kUsage, "fly"},
      {{"check"}, kUsage, "--config is required"},
      {{"locate"}, kUsage, "URL is required"},
      {{"import-haproxy"}, kUsage, "FILE is required"},
      {{"run", "extra"}, kUsage, "extra"},
      {{"demo", "--replicas", "0"}, kUsage, "--replicas"},
      {{"demo", "--shards", "1000"}, kUsage, "--shards"},
      {{"demo", "--port", "65535"}, kUsage, "leaves no room for 2 replicas"},
      {{"demo", "--port", "70000"}, kUsage, "70000"},
      {{"demo", "--port", "0"}, kUsage, "leaves no room"},
      {{"demo", "--bind", "localhost"}, kUsage, "is not an IP address"},
  };
  for (const auto& test : kCases) {
    const Command command = Parse(test.words);
    const auto* end = std::get_if<EndCommand>(&command);
    ASSERT_NE(end, nullptr) << test.text;
    EXPECT_EQ(end->status, test.status) << end->text;
    EXPECT_THAT(end->text, HasSubstr(test.text));
  }
}

}  // namespace
}  // namespace room_router::cli
