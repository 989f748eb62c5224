// SPDX-License-Identifier: Apache-2.0
// Servers, the process and what the router doesn't have, as HAProxy lists them.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "console.h"
#include "router/admin/check_status.h"
#include "router/admin/process_commands.h"

namespace room_router::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

using Lists = Console;

TEST_F(Lists, ServersStateHasHaproxysColumns) {
  sample_.shards->shards[0].since = sample_.now;
  const auto lines = Lines("show servers state");
  EXPECT_THAT(
      lines,
      ElementsAre(
          "1",
          "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
          "srv_iweight srv_time_since_last_change srv_check_status srv_check_result "
          "srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id "
          "srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr "
          "srv_agent_port",
          "3 jitsi-meet 1 shard-0 127.0.0.1 2 0 100 100 0 15 3 4 6 0 0 0 - 9001 - 0 0 - - 0",
          StartsWith("3 jitsi-meet 2 shard-1_web-0 127.0.0.1 2 0 100 100 "),
          StartsWith("3 jitsi-meet 3 shard-1_web-1 127.0.0.1 2 0 100 100 ")));
  EXPECT_EQ(Lines("show servers state jitsi-meet").size(), lines.size());
  EXPECT_EQ(Run("show servers state nope"), "Can't find backend.\n");
}

TEST_F(Lists, ServersStateTellsStatesAsHaproxyNumbersThem) {
  Shard& shard = sample_.shards->shards[0];
  const auto state = [&] {
    const std::string line = Lines("show servers state").at(2);
    return line.substr(sizeof "3 jitsi-meet 1 shard-0 127.0.0.1", 4);
  };
  shard.admin = AdminState::kMaint;
  EXPECT_EQ(state(), "0 1 ");
  shard.admin = AdminState::kDrain;
  EXPECT_EQ(state(), "2 8 ");
  shard.admin = AdminState::kReady;
  shard.state = ShardState::kSoftDown;
  EXPECT_EQ(state(), "3 0 ");
  shard.state = ShardState::kDown;
  EXPECT_EQ(state(), "0 0 ");
  shard.state = ShardState::kStarting;
  EXPECT_EQ(state(), "1 0 ");
}

TEST_F(Lists, CheckStatusesHaveHaproxysNumbers) {
  const std::pair<const char*, int> cases[] = {{"", 1},      {"L4OK", 6},      {"L4TOUT", 7},
                                               {"L4CON", 8}, {"L7OK/200", 15}, {"L7STS/503", 17}};
  for (const auto& [word, number] : cases) EXPECT_EQ(CheckStatusNumber(word), number) << word;
}

TEST_F(Lists, ServersConnectionsHaveHaproxysColumns) {
  sample_.workers[0].endpoints[0].idle_connections = 3;
  sample_.workers[1].endpoints[0].idle_connections = 4;
  sample_.workers[1].worker = 1;
  EXPECT_THAT(
      Lines("show servers conn"),
      ElementsAre("# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est "
                  "unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[2]",
                  "jitsi-meet/shard-0 3/1 127.0.0.1 9001 - 55000 4 0 0 0 7 -1 7 3 4",
                  "jitsi-meet/shard-1_web-0 3/2 127.0.0.1 9002 - 55000 0 0 0 0 0 -1 0 0 0",
                  "jitsi-meet/shard-1_web-1 3/3 127.0.0.1 9003 - 55000 0 0 0 0 0 -1 0 0 0"));
  EXPECT_EQ(Run("show servers conn nope"), "Can't find backend.\n");
}

TEST_F(Lists, BackendIsTheTable) { EXPECT_EQ(Run("show backend"), "# name\njitsi-meet\n"); }

TEST_F(Lists, ResolversTellWhatBecameOfLookups) {
  sample_.lookups = {.sent = 90,
                     .found = 60,
                     .absent = 5,
                     .timeouts = 4,
                     .refused = 3,
                     .malformed = 2,
                     .not_asked = 1,
                     .other = 7};
  EXPECT_THAT(
      Lines("show resolvers"),
      ElementsAre("Resolvers section default", " nameserver resolv.conf:", "  sent:        90",
                  "  snd_error:   1", "  valid:       60", "  update:      0", "  cname:       0",
                  "  cname_error: 0", "  any_err:     0", "  nx:          5", "  timeout:     4",
                  "  refused:     3", "  other:       7", "  invalid:     2", "  too_big:     0",
                  "  truncated:   0", "  outdated:    0"));
  EXPECT_EQ(Run("show resolvers default"), Run("show resolvers"));
  EXPECT_EQ(Run("show resolvers nope"), "Can't find that resolvers section\n");
  sample_.config.shards.discovery.resolvers = {*SocketAddress::Parse("127.0.0.1:53"),
                                               *SocketAddress::Parse("[::1]:53")};
  EXPECT_EQ(Lines("show resolvers")[1], " nameserver 127.0.0.1:53,[::1]:53:");
  EXPECT_EQ(Run("show stat domain resolvers"),
            "# id,pid,sent,send_error,valid,update,cname,cname_error,any_err,nx,timeout,refused,"
            "other,invalid,too_big,truncated,outdated,\n"
            "127.0.0.1:53 [::1]:53,default,90,1,60,0,0,0,0,5,4,3,7,2,0,0,0,\n");
  EXPECT_THAT(Run("show info"), HasSubstr("\nFailedResolutions: 22\n"));
}

TEST_F(Lists, EnvironmentMasksSecrets) {
  ASSERT_EQ(setenv("ROUTER_TEST_COLOUR", "blue", 1), 0);
  ASSERT_EQ(setenv("ROUTER_TEST_TOKEN", "hush", 1), 0);
  EXPECT_EQ(Run("show env ROUTER_TEST_COLOUR"), "ROUTER_TEST_COLOUR=blue\n");
  EXPECT_EQ(Run("show env ROUTER_TEST_TOKEN"), "ROUTER_TEST_TOKEN=***\n");
  EXPECT_THAT(Run("show env"), Not(HasSubstr("hush")));
  EXPECT_EQ(Run("show env ROUTER_TEST_NOPE"), "Variable not found\n");
  EXPECT_EQ(Run("show env", AdminLevel::kUser), "Permission denied\n");
  for (const char* name : {"API_KEY", "db_password", "GitHubToken", "GOSSIP_PSK"}) {
    EXPECT_TRUE(LooksSecret(name)) << name;
  }
  EXPECT_FALSE(LooksSecret("HOME"));
}

TEST_F(Lists, CliTellsLevelAndSockets) {
  EXPECT_EQ(Run("show cli level", AdminLevel::kOperator), "operator\n");
  sample_.config.admin.sockets = {
      {.path = "/run/a.sock"},
      {.address = *SocketAddress::Parse("127.0.0.1:9999"), .level = AdminLevel::kUser},
      {.address = *SocketAddress::Parse("[::1]:9999"), .level = AdminLevel::kOperator}};
  EXPECT_EQ(Run("show cli sockets"),
            "# socket lvl processes\nunix@/run/a.sock admin all\nipv4@127.0.0.1:9999 user all\n"
            "ipv6@[::1]:9999 operator all\n");
}

TEST_F(Lists, ActivityHasANumberPerWorker) {
  sample_.workers[0].loop = {.batches = 7, .events = 8, .tasks = 9};
  sample_.workers[1].worker = 1;
  const std::string text = Run("show activity");
  EXPECT_THAT(text, StartsWith("thread_id: 0 (1..2)\ndate_now: 1795197261."));
  EXPECT_THAT(text, HasSubstr("\nloops: 7 [ 7 0 ]\n"));
  EXPECT_THAT(text, HasSubstr("\naccepted: 80 [ 40 40 ]\n"));
  EXPECT_EQ(Run("show activity", AdminLevel::kUser), "Permission denied\n");
}

TEST_F(Lists, ThreadsShowWhoIsStuck) {
  sample_.workers.erase(sample_.workers.begin());
  sample_.workers[0].worker = 1;
  EXPECT_THAT(Lines("show threads"),
              ElementsAre("Thread 1: stuck=1 no answer in time",
                          MatchesRegex("Thread 2: stuck=0 connections=4 requests=100 .*")));
}

TEST_F(Lists, DescriptorsAreCounted) {
  EXPECT_THAT(Run("show fd"), MatchesRegex("descriptors: [0-9]+ of [0-9]+\nclients: 8\n"
                                           "shards: 4 \\(4 in use, 0 idle\\)\nlisteners: 2\n"));
}

TEST_F(Lists, ADescriptorIsShown) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const std::string command = "show fd " + std::to_string(ends[0]);
  EXPECT_THAT(Run(command), MatchesRegex(" *[0-9]+ : socket:\\[[0-9]+\\] local=unix peer=unix\n"));
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(Run(command), "");
  EXPECT_THAT(Run("show fd x"), StartsWith("Write the number"));
  EXPECT_THAT(Run("show fd -1"), StartsWith("Write the number"));
}

TEST_F(Lists, WhatHaproxyHasAloneIsAnsweredAndNotInTheHelp) {
  EXPECT_EQ(Run("show acl #0"), "Unknown ACL identifier. Please use #<id> or <file>.\n");
  EXPECT_EQ(Run("set map names a b"), "Unknown map identifier. Please use #<id> or <file>.\n");
  EXPECT_EQ(Run("get var proc.x"), "Variable not found\n");
  EXPECT_THAT(Run("show map"), StartsWith("# id (file) description\n"));
  for (const char* command :
       {"show pools", "show tasks", "show cache", "set ssl cert a b", "show ssl cert", "trace 0",
        "show profiling", "add server jitsi-meet/x", "disable health jitsi-meet/shard-0"}) {
    const CliReply reply = Ask(command);
    EXPECT_THAT(reply.text, Not(HasSubstr("Unknown command"))) << command;
    EXPECT_TRUE(reply.text.ends_with('\n')) << command;
    EXPECT_EQ(reply.severity, CliReply::kError) << command;
  }
  EXPECT_THAT(Run("help"), Not(HasSubstr("map")));
}

}  // namespace
}  // namespace room_router::admin
