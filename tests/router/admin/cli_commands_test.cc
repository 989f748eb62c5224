// SPDX-License-Identifier: Apache-2.0
#include "router/admin/cli_commands.h"

#include <gmock/gmock.h>

#include "console.h"
#include "router/admin/show_table.h"

namespace room_router::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

using Commands = Console;

TEST_F(Commands, ShowTableListsTheTables) {
  EXPECT_EQ(Run("show table"), "# table: jitsi-meet, type: string, size:2048, used:3\n");
}

TEST_F(Commands, ShowTableHasHaproxysFieldsFirstAndOursAfter) {
  EXPECT_THAT(
      Lines("show table jitsi-meet"),
      ElementsAre(
          "# table: jitsi-meet, type: string, size:2048, used:3",
          R"(0x000000000022: key=[acme]two\ words use=0 exp=300000 server_id=2 server_key=shard-1 )"
          "rooms=1 sessions=0 epoch=0 holder=router-0",
          "0x000000000033: key=board use=0 exp=300000 server_id=2 server_key=shard-1 rooms=0 "
          "sessions=0 epoch=1 holder=router-0 ns=whiteboard",
          MatchesRegex("0x334455667788: key=standup use=1 exp=[0-9]+ server_id=1 "
                       "server_key=shard-0 rooms=1 sessions=1 epoch=0 holder=router-0")));
}

TEST_F(Commands, ShowTableFindsAKeyAsShownAndAsTyped) {
  EXPECT_EQ(Lines("show table jitsi-meet key standup").size(), 2u);
  EXPECT_EQ(Lines("show table jitsi-meet key StandUp").size(), 2u);
  EXPECT_EQ(Lines(R"(show table jitsi-meet key [acme]two\ words)").size(), 2u);
  EXPECT_EQ(Run("show table jitsi-meet key nobody"), "");
}

TEST_F(Commands, ShowTableFilters) {
  const std::pair<const char*, size_t> cases[] = {
      {"data.server_id eq 1", 1}, {"data.server_id eq 2", 2},
      {"data.server_id ne 1", 2}, {"data.server_id gt 1", 2},
      {"data.server_id le 2", 3}, {"data.server_id lt 1", 0},
      {"data.server_id ge 3", 0}, {"data.server_id gt 0 data.server_id lt 2", 1}};
  for (const auto& [filter, entries] : cases) {
    EXPECT_EQ(Lines(std::string("show table jitsi-meet ") + filter).size(), entries + 1) << filter;
  }
}

TEST_F(Commands, ShowTableComplainsAsHaproxy) {
  const std::pair<const char*, const char*> cases[] = {
      {"nope", "No such table\n"},
      {"jitsi-meet key", "Key value expected\n"},
      {"jitsi-meet junk",
       "Optional argument only supports \"data.<store_data_type>\" <operator> <value> and key "
       "<key>\n"},
      {"jitsi-meet data.server_key eq x",
       "Filter entry #1: Require a valid integer value to compare against\n"},
      {"jitsi-meet data.server_id eq x",
       "Filter entry #1: Require a valid integer value to compare against\n"},
      {"jitsi-meet data.gpc0 gt 0", "Filter entry #1: Data type not stored in this table\n"},
      {"jitsi-meet data.server_id eq 1 data.bogus gt 0", "Filter entry #2: Unknown data type\n"},
      {"jitsi-meet data.server_id is 1",
       "Filter entry #1: Require and operator among \"eq\", \"ne\", \"le\", \"ge\", \"lt\", "
       "\"gt\"\n"}};
  for (const auto& [arguments, expected] : cases) {
    EXPECT_EQ(Run(std::string("show table ") + arguments), expected) << arguments;
  }
}

TEST_F(Commands, ShowTableHidesRoomsFromUsers) {
  EXPECT_EQ(Run("show table jitsi-meet", AdminLevel::kUser),
            "# table: jitsi-meet, type: string, size:2048, used:3\n"
            "# contents not dumped due to insufficient privileges\n");
}

TEST_F(Commands, ShowInfoHasEveryLineToolsLookFor) {
  const std::string info = Run("show info");
  EXPECT_THAT(info, StartsWith("Name: room-router\nVersion: 0.1.0\n"));
  for (const char* name :
       {"Release_date",     "Nbthread",   "Nbproc",        "Process_num", "Pid",      "Uptime",
        "Uptime_sec",       "Maxconn",    "CurrConns",     "CumConns",    "CumReq",   "Maxpipes",
        "PipesUsed",        "PipesFree",  "Tasks",         "Run_queue",   "Idle_pct", "node",
        "Unstoppable Jobs", "Build info", "Start_time_sec"}) {
    EXPECT_THAT(info, HasSubstr("\n" + std::string(name) + ": ")) << name;
  }
  EXPECT_THAT(info, HasSubstr("\nUptime: 0d 0h00m51s\nUptime_sec: 51\n"));
  EXPECT_THAT(info, HasSubstr("\nnode: router-0\n"));
  EXPECT_THAT(info, HasSubstr("\nCurrConns: 8\nCumConns: 80\nCumReq: 200\n"));
  EXPECT_THAT(info, HasSubstr("\nDroppedLogs: 4\n"));
}

TEST_F(Commands, ShowStatTakesFilters) {
  EXPECT_EQ(Lines("show stat").size(), 1u + 5);
  EXPECT_EQ(Lines("show stat -1 4 -1").size(), 1u + 3);
  EXPECT_EQ(Lines("show stat jitsi-meet 2 -1").size(), 1u + 1);
  EXPECT_EQ(Lines("show stat 3 4 2").size(), 1u + 1);
  EXPECT_EQ(Lines("show stat 99 1 1").size(), 1u);
  sample_.shards->shards[0].admin = AdminState::kMaint;
  EXPECT_EQ(Lines("show stat no-maint").size(), 1u + 4);
  EXPECT_EQ(Lines("show stat up").size(), 1u + 4);
}

TEST_F(Commands, ShowPeersListsReplicasAndHaproxysAsHaproxyDoes) {
  EXPECT_THAT(
      Lines("show peers"),
      ElementsAre(
          MatchesRegex(
              R"(0x000000000001: \[[0-9]+/[A-Z][a-z]+/[0-9:]+\] id=meet disabled=0 synced=1 )"
              "split_rooms=4 healed_rooms=3 healing=0"),
          "  0x000000000002: id=router-0(local,inactive) addr=127.0.0.1:7946 last_status=NONE "
          "last_hdshk=<NEVER>",
          "        state=alive since=1m30s synced=1 rtt=0.0ms last_sync=<NEVER> queued=0 "
          "incarnation=0",
          "  0x000000000003: id=router-1(remote,active) addr=127.0.0.2:7946 last_status=ESTA "
          "last_hdshk=1m20s",
          "        state=alive since=1m30s synced=1 rtt=2.0ms last_sync=1m20s queued=100 "
          "incarnation=0",
          "  0x000000000004: id=router-2(remote,inactive) addr=127.0.0.3:7946 last_status=NONE "
          "last_hdshk=<NEVER>",
          MatchesRegex("        state=suspect since=1m30s .*"),
          MatchesRegex(R"(0x000000000005: \[.*\] id=haproxy disabled=0)"),
          "  0x000000000006: id=haproxy-0(remote,active) addr=127.0.0.4:10000 last_status=ESTA "
          "last_hdshk=18s",
          MatchesRegex("        new_conn=0 .* learned=15 .*")));
}

TEST_F(Commands, ShowPeersTakesASection) {
  EXPECT_EQ(Lines("show peers haproxy").size(), 3u);
  EXPECT_EQ(Lines("show peers dict meet").size(), 7u);
  EXPECT_EQ(Run("show peers mypeers"), "No such peers\n");
  sample_.replication = {};
  EXPECT_EQ(Run("show peers"), "");
}

TEST_F(Commands, SetServerOrdersTheStateOfAShard) {
  EXPECT_EQ(Run("set server jitsi-meet/shard-1 state drain"), "");
  EXPECT_EQ(Run("disable server jitsi-meet/shard-0"), "");
  EXPECT_EQ(Run("enable server jitsi-meet/shard-0"), "");
  using Order = std::pair<std::string, Instruction>;
  EXPECT_THAT(sample_.orders, ElementsAre(Order("shard-1", AdminState::kDrain),
                                          Order("shard-0", AdminState::kMaint),
                                          Order("shard-0", AdminState::kReady)));
  sample_.takes_orders = false;
  EXPECT_EQ(Run("enable server jitsi-meet/shard-0"), "Too many orders are kept already.\n");
}

TEST_F(Commands, OrdersForNobodyAreRefusedInHaproxysWords) {
  EXPECT_EQ(Run("set server"), "Require 'backend/server'.\n");
  EXPECT_EQ(Run("disable server"), "Require 'backend/server'.\n");
  EXPECT_EQ(Run("disable server jitsi-meet"), "Require 'backend/server'.\n");
  EXPECT_EQ(Run("enable server jitsi-meet/nope"), "No such server.\n");
  EXPECT_EQ(Run("set server nope/x state ready"), "No such backend.\n");
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 state foo"),
            "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 state"),
            "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n");
  EXPECT_THAT(Run("set server jitsi-meet/shard-0"), StartsWith("usage: set server"));
  EXPECT_THAT(Run("set server jitsi-meet/shard-0 foo bar"), StartsWith("usage: set server"));
  EXPECT_THAT(Run("set server jitsi-meet/shard-0 addr 127.0.0.1"), StartsWith("Addresses come "));
  EXPECT_THAT(Run("set server jitsi-meet/shard-0 fqdn a.b"), StartsWith("Addresses come from DNS"));
  EXPECT_THAT(Run("set server jitsi-meet/shard-0 check-port 1"), StartsWith("Checks are set in"));
  EXPECT_THAT(Run("set server jitsi-meet/shard-0 ssl on"), StartsWith("TLS towards shards"));
  EXPECT_EQ(Run("disable server jitsi-meet/shard-1_web-0"),
            "The servers of a shard share its state; use jitsi-meet/shard-1.\n");
  EXPECT_THAT(sample_.orders, testing::IsEmpty());
}

TEST_F(Commands, HealthIsForcedOnAllServersOfAShardOrOnOne) {
  EXPECT_EQ(Run("set server jitsi-meet/shard-1 health down"), "");
  EXPECT_EQ(Run("set server jitsi-meet/shard-1_web-0 health stopping"), "");
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 health up"), "");
  std::vector<std::pair<EndpointId, Health>> forced;
  for (const ForcedResult& each : sample_.forced) forced.emplace_back(each.endpoint, *each.health);
  EXPECT_THAT(forced, ElementsAre(std::pair(1u, Health::kBad), std::pair(2u, Health::kBad),
                                  std::pair(1u, Health::kSoft), std::pair(0u, Health::kGood)));
}

TEST_F(Commands, WhatCannotBeForcedIsRefusedInHaproxysWords) {
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 health"),
            "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n");
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 agent up"),
            "agent checks are not enabled on this server\n");
  sample_.config.shards.health.checks.push_back({.type = config::HealthCheck::Type::kAgent});
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 agent stopping"),
            "'set server <srv> agent' expects 'up' or 'down'.\n");
  EXPECT_EQ(Run("set server jitsi-meet/nope health up"), "No such server.\n");
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 health up", AdminLevel::kOperator),
            "Permission denied\n");
  EXPECT_THAT(sample_.forced, testing::IsEmpty());
  EXPECT_EQ(Run("set server jitsi-meet/shard-0 agent down"), "");
  ASSERT_EQ(sample_.forced.size(), 1u);
  EXPECT_EQ(sample_.forced[0].agent, AgentHealth::kDown);
}

TEST_F(Commands, WeightsAreOrderedAndReadAsHaproxyDoes) {
  EXPECT_EQ(Run("set server jitsi-meet/shard-1 weight 50"), "");
  EXPECT_EQ(Run("set weight jitsi-meet/shard-0 100%"), "");
  using Order = std::pair<std::string, Instruction>;
  const WeightOrder fifty{.amount = 50, .percent = false}, all{.amount = 100, .percent = true};
  EXPECT_THAT(sample_.orders, ElementsAre(Order("shard-1", fifty), Order("shard-0", all)));
  EXPECT_EQ(Run("get weight jitsi-meet/shard-0"), "100 (initial 100)\n");
  sample_.shards->shards[0].weight = 0.5;
  sample_.shards->shards[0].found_weight = 1;
  EXPECT_EQ(Run("get weight jitsi-meet/shard-0", AdminLevel::kUser), "0.5 (initial 1)\n");
}

TEST_F(Commands, WeightsThatAreNoneAreRefusedInHaproxysWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"set weight jitsi-meet/shard-0 257",
       "Absolute weight can only be between 0 and 256 inclusive.\n"},
      {"set weight jitsi-meet/shard-0 -1",
       "Absolute weight can only be between 0 and 256 inclusive.\n"},
      {"set weight jitsi-meet/shard-0 -1%", "Relative weight must be positive.\n"},
      {"set weight jitsi-meet/shard-0 abc", "Empty weight string empty or preceded by garbage\n"},
      {"set weight jitsi-meet/shard-0 5x", "Trailing garbage in weight string\n"},
      {"set server jitsi-meet/shard-0 weight", "Require <weight> or <weight%>.\n"},
      {"set weight nope/x 1", "No such backend.\n"},
      {"get weight jitsi-meet/nope", "No such server.\n"},
      {"get weight x", "Require 'backend/server'.\n"},
      {"get weight", "Require 'backend/server'.\n"}};
  for (const auto& [command, complaint] : cases) EXPECT_EQ(Run(command), complaint) << command;
  EXPECT_THAT(sample_.orders, testing::IsEmpty());
}

TEST_F(Commands, OrdersNeedLevelAdmin) {
  for (const auto level : {AdminLevel::kUser, AdminLevel::kOperator}) {
    EXPECT_EQ(Run("set server jitsi-meet/shard-0 state maint", level), "Permission denied\n");
    EXPECT_EQ(Run("disable server jitsi-meet/shard-0", level), "Permission denied\n");
    EXPECT_EQ(Run("set weight jitsi-meet/shard-0 1", level), "Permission denied\n");
  }
  EXPECT_THAT(sample_.orders, testing::IsEmpty());
}

TEST_F(Commands, ShowTableMarksWhatIsSplit) {
  EntryView entry{.display = "standup", .shard = 0, .split = true};
  const TableContext context{.name = "jitsi-meet",
                             .replica = "router-0",
                             .table = sample_.table,
                             .shards = *sample_.shards,
                             .key = {},
                             .now = sample_.now};
  EXPECT_THAT(TableLine(entry, context), testing::EndsWith("holder=router-0 split=1\n"));
}

TEST_F(Commands, HelpListsAndFilters) {
  EXPECT_THAT(Run("help"), StartsWith("The following commands are valid at this level:\n  ban "));
  EXPECT_THAT(Lines("help show servers"),
              ElementsAre("The following commands are valid at this level:",
                          StartsWith("  show servers conn [<backend>]           : "),
                          StartsWith("  show servers state [<backend>]          : ")));
  EXPECT_THAT(Run("help"), HasSubstr("  quit                                    : disconnect\n"));
}

TEST_F(Commands, UnknownOnesAreAnsweredWithTheNearest) {
  EXPECT_THAT(Run("show tabel jitsi-meet"),
              StartsWith("Unknown command, but maybe one of the following ones is a better match:\n"
                         "  show table <table> [<filter>]*          : "));
  EXPECT_THAT(Run("drop database"),
              StartsWith("Unknown command. Please enter one of the following commands only:\n"));
  EXPECT_THAT(Run("SHOW INFO"), StartsWith("Unknown command"));
  EXPECT_EQ(Run("show version extra words"), "0.1.0\n");
}

TEST(EscapeKey, IsHaproxysAndReadsBack) {
  EXPECT_EQ(EscapeKey("a b=c\\d\te"), R"(a\ b\=c\\d\te)");
  EXPECT_EQ(EscapeKey("caf\xC3\xA9\x01"), R"(caf\xC3\xA9\x01)");
  for (const std::string key : {"a b=c\\d\te\r\n", "caf\xC3\xA9;", "[x]y", "it's \"q\""}) {
    std::string line = "key " + EscapeKey(key);
    if (key.find(';') != std::string::npos) line.insert(line.find(';'), "\\");
    EXPECT_EQ(SplitLine(line).at(0).at(1), key);
  }
}

}  // namespace
}  // namespace room_router::admin
