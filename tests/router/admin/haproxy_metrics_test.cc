// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "router/metrics.h"
#include "sample.h"

namespace room_router::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Known {
  std::string type;
  std::string labels;            // "proxy,server,state"
  std::set<std::string> values;  // of the last label, when they are fixed
};

std::ifstream Open(const char* path) {
  std::ifstream file(path);
  if (!file) ADD_FAILURE() << path;
  return file;
}

// HAProxy's own, as captured.
std::map<std::string, Known> OfHaproxy() {
  std::map<std::string, Known> all;
  std::ifstream file = Open(HAPROXY_METRICS);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string name, labels;
    Known known;
    words >> name >> known.type >> labels;
    const size_t equals = labels.find('=');
    known.labels = labels.substr(0, equals);
    std::istringstream values(equals == std::string::npos ? "" : labels.substr(equals + 1));
    for (std::string value; std::getline(values, value, '|');) known.values.insert(value);
    all.emplace(name, known);
  }
  return all;
}

// The same of a scrape; every last label's values.
std::map<std::string, Known> Emitted(const std::string& text) {
  std::map<std::string, Known> all;
  const std::regex type("# TYPE (haproxy_\\w+) (\\w+)"), sample("(haproxy_\\w+)(\\{(.*)\\})? \\S+"),
      label("(\\w+)=\"([^\"]*)\"");
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, type)) all[match[1]].type = match[2];
    if (!std::regex_match(line, match, sample)) continue;
    Known& known = all[match[1]];
    const std::string labels = match[3];
    std::string names;
    for (std::sregex_iterator i(labels.begin(), labels.end(), label), end; i != end; ++i) {
      names += (names.empty() ? "" : ",") + (*i)[1].str();
      if (std::next(i) == end) known.values.insert((*i)[2]);
    }
    known.labels = names;
  }
  return all;
}

std::string WithHaproxyNames() {
  Sample sample;
  sample.config.admin.haproxy_metrics = true;
  return MetricsText(sample.View());
}

TEST(HaproxyMetrics, AreOffByDefault) {
  Sample sample;
  EXPECT_THAT(MetricsText(sample.View()), Not(HasSubstr("haproxy_process")));
}

TEST(HaproxyMetrics, HaveTheNamesTypesAndLabelsOfHaproxy) {
  const auto theirs = OfHaproxy();
  ASSERT_GT(theirs.size(), 180U);
  const auto ours = Emitted(WithHaproxyNames());
  EXPECT_GT(ours.size(), 100U);
  for (const auto& [name, known] : ours) {
    const auto found = theirs.find(name);
    ASSERT_NE(found, theirs.end()) << name;
    EXPECT_EQ(known.type, found->second.type) << name;
    EXPECT_EQ(known.labels, found->second.labels) << name;
    if (!found->second.values.empty()) {
      EXPECT_EQ(known.values, found->second.values) << name;
    }
  }
}

// Each of HAProxy's names is either emitted or in the list of docs/metrics.md; no line of that list
// is without use.
TEST(HaproxyMetrics, WhatIsLeftOutIsDocumented) {
  const auto ours = Emitted(WithHaproxyNames());
  std::ifstream file = Open(METRICS_DOCUMENTATION);
  std::map<std::string, size_t> left_out;  // pattern → names
  const std::regex row("\\| `(haproxy_[\\w*]+)` \\|.*");
  std::smatch match;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, match, row)) left_out.emplace(match[1], 0);
  }
  for (const auto& [name, known] : OfHaproxy()) {
    size_t lines = 0;
    for (auto& [pattern, names] : left_out) {
      if (fnmatch(pattern.c_str(), name.c_str(), 0) != 0) continue;
      ++names;
      ++lines;
    }
    EXPECT_EQ(lines, ours.contains(name) ? 0U : 1U) << name;
  }
  for (const auto& [pattern, names] : left_out) EXPECT_GT(names, 0U) << pattern;
}

TEST(HaproxyMetrics, SayWhatTheStatisticsSay) {
  Sample sample;
  sample.config.admin.haproxy_metrics = true;
  sample.shards->shards[1].state = ShardState::kSoftDown;
  sample.lookups.timeouts = 3;
  const std::string text = MetricsText(sample.View());
  for (const char* line :
       {"haproxy_process_nbthread 2",
        "haproxy_process_max_connections 5000",
        "haproxy_process_uptime_seconds 51",
        "haproxy_process_failed_resolutions 3",
        "haproxy_process_connected_peers 2",
        "haproxy_process_build_info{version=\"0.1.0\"} 1",
        "haproxy_frontend_http_requests_total{proxy=\"room-router\"} 200",
        "haproxy_frontend_status{proxy=\"room-router\",state=\"UP\"} 1",
        "haproxy_backend_status{proxy=\"jitsi-meet\",state=\"UP\"} 1",
        "haproxy_backend_active_servers{proxy=\"jitsi-meet\"} 3",
        "haproxy_backend_agg_server_status{proxy=\"jitsi-meet\",state=\"NOLB\"} 2",
        "haproxy_backend_agg_check_status{proxy=\"jitsi-meet\",state=\"L7OK\"} 3",
        "haproxy_server_status{proxy=\"jitsi-meet\",server=\"shard-0\",state=\"UP\"} 1",
        "haproxy_server_status{proxy=\"jitsi-meet\",server=\"shard-0\",state=\"NOLB\"} 0",
        "haproxy_server_status{proxy=\"jitsi-meet\",server=\"shard-1_web-0\",state=\"NOLB\"} 1",
        "haproxy_server_check_status{proxy=\"jitsi-meet\",server=\"shard-0\",state=\"L7OK\"} 1",
        "haproxy_server_check_code{proxy=\"jitsi-meet\",server=\"shard-0\"} 200",
        "haproxy_server_check_duration_seconds{proxy=\"jitsi-meet\",server=\"shard-0\"} 0.003",
        "haproxy_server_total_time_average_seconds{proxy=\"jitsi-meet\",server=\"shard-0\"} 0.352",
        "haproxy_server_http_responses_total{proxy=\"jitsi-meet\",server=\"shard-0\",code=\"5xx\"} "
        "2",
        "haproxy_sticktable_size{name=\"jitsi-meet\",type=\"string\"} 2048",
        "haproxy_sticktable_used{name=\"jitsi-meet\",type=\"string\"} 3"}) {
    EXPECT_THAT(text, HasSubstr(std::string(line) + "\n")) << line;
  }
}

TEST(HaproxyMetrics, LeaveOutWhatIsNotKnown) {
  Sample sample;
  sample.config.admin.haproxy_metrics = true;
  for (Shard& shard : sample.shards->shards) {
    for (Endpoint& endpoint : shard.endpoints) endpoint.last_check.clear();
  }
  const std::string text = MetricsText(sample.View());
  EXPECT_THAT(text, Not(HasSubstr("haproxy_server_check_status{")));
  EXPECT_THAT(text, Not(HasSubstr("haproxy_server_check_code{")));
  EXPECT_THAT(text, HasSubstr("haproxy_server_status{"));
}

TEST(HaproxyMetrics, AStoppedFrontendIsDown) {
  Sample sample;
  sample.config.admin.haproxy_metrics = true;
  sample.listeners = {ListenerState::kClosed};
  EXPECT_THAT(MetricsText(sample.View()),
              HasSubstr("haproxy_frontend_status{proxy=\"room-router\",state=\"DOWN\"} 1\n"));
}

}  // namespace
}  // namespace room_router::admin
