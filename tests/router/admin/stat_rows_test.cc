// SPDX-License-Identifier: Apache-2.0
#include "router/admin/stat_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "router/admin/stat_csv.h"
#include "sample.h"

namespace room_router::admin {
namespace {

using namespace std::chrono_literals;

using Row = std::map<std::string, std::string>;

std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream text(line);
  for (std::string field; std::getline(text, field, ',');) fields.push_back(field);
  return fields;
}

// As a tool reads it: by the names in the first line.
std::vector<Row> Parse(const std::string& csv) {
  std::istringstream text(csv.substr(2));
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> names = Fields(line);
  std::vector<Row> rows;
  while (std::getline(text, line)) {
    const std::vector<std::string> fields = Fields(line);
    EXPECT_EQ(fields.size(), names.size());
    EXPECT_TRUE(line.ends_with(','));
    Row& row = rows.emplace_back();
    for (size_t i = 0; i < fields.size(); ++i) row[names[i]] = fields[i];
  }
  return rows;
}

TEST(StatRows, AreHaproxysTable) {
  Sample sample;
  const std::vector<Row> rows = Parse(StatCsv(StatRows(sample.View()), {}));
  std::vector<std::string> names;
  for (Row row : rows) {
    names.push_back(row["pxname"] + "/" + row["svname"] + " " + row["iid"] + ":" + row["sid"] +
                    " " + row["type"] + " " + row["status"]);
  }
  EXPECT_THAT(names, testing::ElementsAre(
                         "room-router/FRONTEND 2:0 0 OPEN", "jitsi-meet/shard-0 3:1 2 UP",
                         "jitsi-meet/shard-1_web-0 3:2 2 UP", "jitsi-meet/shard-1_web-1 3:3 2 UP",
                         "jitsi-meet/BACKEND 3:0 1 UP"));
}

TEST(StatRows, SumTheWorkers) {
  Sample sample;
  std::vector<Row> rows = Parse(StatCsv(StatRows(sample.View()), {}));
  Row& frontend = rows[0];
  EXPECT_EQ(frontend["scur"], "8");
  EXPECT_EQ(frontend["slim"], "5000");
  EXPECT_EQ(frontend["stot"], "80");
  EXPECT_EQ(frontend["ereq"], "10");
  EXPECT_EQ(frontend["req_tot"], "200");
  EXPECT_EQ(frontend["hrsp_2xx"], "2");
  Row& server = rows[1];
  EXPECT_EQ(server["stot"], "120");
  EXPECT_EQ(server["hrsp_5xx"], "2");
  EXPECT_EQ(server["bin"], "1200");
  EXPECT_EQ(server["ttime"], "352");
  EXPECT_EQ(server["check_status"], "L7OK");
  EXPECT_EQ(server["check_code"], "200");
  EXPECT_EQ(server["check_health"], "4");
  EXPECT_EQ(server["addr"], "127.0.0.1:9001");
  EXPECT_EQ(server["lastsess"], "-1");
  EXPECT_EQ(rows[3]["stot"], "0");
  EXPECT_EQ(rows[4]["stot"], "180");
  EXPECT_EQ(rows[4]["act"], "3");
}

// hatop reads columns 0 … 50 as numbers or nothing, apart from these.
TEST(StatRows, AreNumbersWhereToolsExpectThem) {
  Sample sample;
  const std::string csv = StatCsv(StatRows(sample.View()), {});
  std::istringstream text(csv);
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> names = Fields(line.substr(2));
  while (std::getline(text, line)) {
    const std::vector<std::string> fields = Fields(line);
    for (size_t i = 2; i <= 50; ++i) {
      if (names[i] == "status" || names[i] == "check_status" || names[i] == "tracked") continue;
      EXPECT_TRUE(std::all_of(fields[i].begin(), fields[i].end(), ::isdigit))
          << names[i] << "=" << fields[i];
    }
  }
}

TEST(StatRows, SayTheStateInHaproxysWords) {
  struct Case {
    ShardState state;
    AdminState admin;
    bool up;
    uint8_t fill;
    const char* word;
  };
  const Case cases[] = {
      {ShardState::kUp, AdminState::kReady, true, 0, "UP"},
      {ShardState::kUp, AdminState::kReady, true, 1, "UP 2/3"},
      {ShardState::kUp, AdminState::kReady, true, 2, "UP 1/3"},
      {ShardState::kUp, AdminState::kReady, false, 0, "DOWN"},
      {ShardState::kUp, AdminState::kReady, false, 1, "DOWN 1/2"},
      {ShardState::kUp, AdminState::kDrain, true, 0, "DRAIN"},
      {ShardState::kUp, AdminState::kDrain, true, 1, "DRAIN 2/3"},
      {ShardState::kUp, AdminState::kMaint, true, 0, "MAINT"},
      {ShardState::kSoftDown, AdminState::kReady, false, 0, "NOLB"},
      {ShardState::kDown, AdminState::kReady, true, 0, "DOWN"},
      {ShardState::kDown, AdminState::kReady, false, 0, "DOWN"},
      {ShardState::kStarting, AdminState::kReady, false, 1, "DOWN 1/2"},
  };
  for (const Case& each : cases) {
    Shard shard;
    shard.state = each.state;
    shard.admin = each.admin;
    Endpoint endpoint;
    endpoint.up = each.up;
    endpoint.check_fill = each.fill;
    EXPECT_EQ(StatusWord(shard, endpoint, config::Health{}), each.word);
  }
}

TEST(StatRows, SayWhatAgentsSayInHaproxysWords) {
  struct Case {
    AdminState admin, agent;
    bool agent_down;
    const char* word;
  };
  const Case cases[] = {
      {AdminState::kReady, AdminState::kReady, false, "UP"},
      {AdminState::kReady, AdminState::kDrain, false, "DRAIN"},
      {AdminState::kDrain, AdminState::kReady, false, "DRAIN"},
      {AdminState::kDrain, AdminState::kMaint, false, "MAINT"},
      {AdminState::kMaint, AdminState::kReady, false, "MAINT"},
      {AdminState::kReady, AdminState::kReady, true, "DOWN (agent)"},
  };
  for (const Case& each : cases) {
    Shard shard;
    shard.state = ShardState::kUp;
    shard.admin = each.admin;
    Endpoint endpoint;
    endpoint.up = !each.agent_down;
    endpoint.agent = each.agent;
    endpoint.agent_down = each.agent_down;
    EXPECT_EQ(StatusWord(shard, endpoint, config::Health{}), each.word);
  }
}

TEST(StatRows, SayHowOftenAndHowLongSomethingWasDown) {
  Sample sample;
  AdminView view = sample.View();
  const auto shards = std::make_shared<ShardSet>(*view.shards);
  shards->shards[0].since = view.now - 90s;
  shards->shards[0].endpoints[0].availability = {.failed_checks = 5,
                                                 .times_down = 2,
                                                 .down = true,
                                                 .since = view.now - 30s,
                                                 .down_before = 100s};
  view.shards = shards;
  view.availability = {.times_down = 1, .since = view.now - 60s, .down_before = 40s};
  std::vector<Row> rows = Parse(StatCsv(StatRows(view), {}));
  const auto seen = [&rows](size_t row) {
    Row& is = rows[row];
    return is["chkfail"] + " " + is["chkdown"] + " " + is["lastchg"] + " " + is["downtime"];
  };
  EXPECT_EQ(seen(1), "5 2 30 130");
  EXPECT_EQ(seen(4), " 1 60 40");
  shards->shards[0].since = view.now - 10s;
  rows = Parse(StatCsv(StatRows(view), {}));
  EXPECT_EQ(seen(1), "5 2 10 130") << "its shard changed later";
}

TEST(StatRows, HaveColumnsOfTheAgentWhenThereIsOne) {
  Sample sample;
  const auto column = [&](const std::string& name) {
    return Parse(StatCsv(StatRows(sample.View()), {}))[1].at(name);
  };
  for (const char* name : {"agent_status", "agent_health", "last_agt"}) EXPECT_EQ(column(name), "");
  sample.config.shards.health.checks.push_back({.type = config::HealthCheck::Type::kAgent});
  EXPECT_EQ(column("agent_status"), "INI");
  EXPECT_EQ(column("agent_code"), "");
  Endpoint& endpoint = sample.shards->shards[0].endpoints[0];
  endpoint.last_agent = "L7STS";
  endpoint.last_agent_ms = 7;
  endpoint.agent_says = "down # on fire";
  endpoint.agent_down = true;
  const std::pair<const char*, const char*> expected[] = {{"agent_status", "L7STS"},
                                                          {"agent_code", "0"},
                                                          {"agent_duration", "7"},
                                                          {"agent_rise", "1"},
                                                          {"agent_fall", "1"},
                                                          {"agent_health", "0"},
                                                          {"last_agt", "down # on fire"},
                                                          {"agent_desc", "Layer7 wrong status"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(column(name), value) << name;
  endpoint.last_agent = "L4CON";
  EXPECT_EQ(column("agent_code"), "");
  EXPECT_EQ(column("agent_desc"), "Layer4 connection problem");
}

TEST(StatRows, GiveEveryListenerItsOwnName) {
  Sample sample;
  sample.config.listeners.push_back({.address = *SocketAddress::Parse("127.0.0.1:8443")});
  std::vector<Row> rows = Parse(StatCsv(StatRows(sample.View()), {}));
  EXPECT_EQ(rows[1]["pxname"], "room-router-2");
  EXPECT_EQ(rows[1]["iid"], "3");
  EXPECT_EQ(rows[2]["iid"], "4");
}

TEST(Rates, AreDifferencesOfAtLeastASecond) {
  using namespace std::chrono_literals;
  RateMeter meter;
  WorkerStats stats;
  stats.listeners.resize(1);
  stats.endpoints.resize(1);
  const TimePoint start{};
  EXPECT_EQ(Rates::At(meter.Update(stats, start).requests, 0).now, 0u);
  stats.listeners[0].requests = 300;
  stats.endpoints[0].requests = 100;
  const Rates rates = meter.Update(stats, start + 2s);
  EXPECT_EQ(Rates::At(rates.requests, 0).now, 150u);
  EXPECT_EQ(Rates::At(rates.endpoints, 0).now, 50u);
  EXPECT_EQ(Rates::At(meter.Update(stats, start + 4s).requests, 0).now, 0u);
  EXPECT_EQ(Rates::At(meter.Update(stats, start + 5s).requests, 0).max, 150u);
  stats.listeners[0].requests = 1'000'000;
  EXPECT_EQ(Rates::At(meter.Update(stats, start + 2h).requests, 0).now, 0u) << "after a pause";
}

}  // namespace
}  // namespace room_router::admin
