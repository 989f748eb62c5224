// SPDX-License-Identifier: Apache-2.0
#include "router/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "router/admin/api_json.h"
#include "sample.h"

namespace room_router::admin {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(Metrics, AreThoseOfTheDocumentation) {
  Sample sample;
  std::map<std::string, std::string> emitted, documented;  // name → type
  const std::string text = MetricsText(sample.View());
  const std::regex type_line("# TYPE (\\S+) (\\S+)");
  for (std::sregex_iterator i(text.begin(), text.end(), type_line), end; i != end; ++i) {
    EXPECT_TRUE(emitted.emplace((*i)[1], (*i)[2]).second) << (*i)[1] << " twice";
    EXPECT_THAT(text, HasSubstr("# HELP " + (*i)[1].str() + " "));
  }
  std::ifstream file(METRICS_DOCUMENTATION);
  ASSERT_TRUE(file) << METRICS_DOCUMENTATION;
  std::stringstream markdown;
  markdown << file.rdbuf();
  const std::string docs = markdown.str();
  const std::regex row("\\| `(room_router_\\w+)` \\| (\\w+) \\|");
  for (std::sregex_iterator i(docs.begin(), docs.end(), row), end; i != end; ++i) {
    documented.emplace((*i)[1], (*i)[2]);
  }
  EXPECT_FALSE(emitted.empty());
  EXPECT_EQ(emitted, documented);
}

TEST(Metrics, CountersEndInTotalAndOthersDoNot) {
  Sample sample;
  const std::string text = MetricsText(sample.View());
  const std::regex type_line("# TYPE (\\S+) (\\S+)");
  for (std::sregex_iterator i(text.begin(), text.end(), type_line), end; i != end; ++i) {
    EXPECT_EQ((*i)[1].str().ends_with("_total"), (*i)[2] == "counter") << (*i)[1];
  }
}

TEST(Metrics, SayWhatTheWorkersCounted) {
  Sample sample;
  sample.shards->shards[1].state = ShardState::kSoftDown;
  sample.lookups = {.sent = 50, .found = 21, .timeouts = 22};
  const std::string text = MetricsText(sample.View());
  for (const char* line :
       {"room_router_build_info{version=\"0.1.0\",commit=\"f550408\"} 1",
        "room_router_requests_total{listener=\"room-router\"} 200",
        "room_router_responses_total{listener=\"room-router\",class=\"2xx\"} 2",
        "room_router_shard_requests_total{shard=\"shard-0\",endpoint=\"shard-0\"} 120",
        "room_router_shard_requests_total{shard=\"shard-1\",endpoint=\"web-1\"} 0",
        "room_router_shard_responses_total{shard=\"shard-0\",endpoint=\"shard-0\",class=\"5xx\"} 2",
        "room_router_shard_state{shard=\"shard-1\",state=\"soft_down\"} 1",
        "room_router_shard_state{shard=\"shard-1\",state=\"up\"} 0",
        "room_router_requests_by_class_total{class=\"signalling\"} 160",
        "room_router_rooms_moved_total{cause=\"operator\"} 1",
        "room_router_rooms_moved_total{cause=\"request\"} 0",
        "room_router_rooms_moved_total{cause=\"replica\"} 0",
        "room_router_dns_lookups_total{result=\"found\"} 21",
        "room_router_dns_lookups_total{result=\"timeout\"} 22",
        "room_router_gossip_repaired_entries_total 16",
        "room_router_gossip_propagation_seconds_count 1",
        "room_router_gossip_propagation_seconds_sum 0.004",
        "room_router_split_heal_seconds_count 2",
        "room_router_request_duration_seconds_count{class=\"signalling\"} 2",
        "room_router_request_duration_seconds_bucket{class=\"signalling\",le=\"0.01\"} 2",
        "room_router_sessions_moved_total 6",
        "room_router_split_rooms_total 4",
        "room_router_healed_rooms_total 3",
        "room_router_replicas{state=\"alive\"} 2",
        "room_router_replicas{state=\"suspect\"} 1",
        "room_router_replica_links 1",
        "room_router_shard_down_votes{shard=\"shard-1\"} 1",
        "room_router_gossip_queued_bytes 100",
        "room_router_gossip_frames_total{direction=\"in\"} 11",
        "room_router_gossip_entries_total{result=\"adopted\"} 12",
        "room_router_gossip_refusals_total{reason=\"clock\"} 13",
        "room_router_replica_links_ended_total{reason=\"tls-key\"} 14",
        "room_router_haproxy_peer_up{peer=\"haproxy-0\"} 1",
        "room_router_haproxy_peer_entries_total{peer=\"haproxy-0\",direction=\"in\"} 15",
        "room_router_bridge_requests_total 8",
        "room_router_bridge_responses_total{class=\"1xx\"} 2",
        "room_router_bridge_connect_failures_total 6",
        "room_router_refusals_total{reason=\"unknown_bridge\"} 10",
        "room_router_workers_alive 2",
        "room_router_event_loop_lag_seconds 0.0015"}) {
    EXPECT_THAT(text, HasSubstr(std::string(line) + "\n")) << line;
  }
  const std::string duration = "room_router_shard_request_duration_seconds_";
  const std::string labels = "{shard=\"shard-0\",endpoint=\"shard-0\"";
  EXPECT_THAT(text, HasSubstr(duration + "count" + labels + "} 4\n"));
  EXPECT_THAT(text, HasSubstr(duration + "sum" + labels + "} 1.408"));
  EXPECT_THAT(text, HasSubstr(duration + "bucket" + labels + ",le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(duration + "bucket" + labels + ",le=\"+Inf\"} 4\n"));
}

// A shard more is so many lines more, whatever it has done.
TEST(Metrics, OfAThousandShardsAreCompleteAndBounded) {
  constexpr size_t kShards = 1000, kEndpoints = 2;
  Sample sample;
  sample.config.admin.haproxy_metrics = true;
  sample.shards->shards.clear();
  for (size_t i = 0; i < kShards; ++i) {
    Shard shard{.id = static_cast<ShardId>(i), .name = "shard-" + std::to_string(i)};
    for (size_t web = 0; web < kEndpoints; ++web) {
      shard.endpoints.push_back({.id = static_cast<EndpointId>(i * kEndpoints + web),
                                 .name = "web-" + std::to_string(web),
                                 .last_check = "L7OK/200"});
    }
    sample.shards->shards.push_back(std::move(shard));
  }
  sample.shards->Index();
  const std::string text = MetricsText(sample.View());
  EXPECT_LT(text.size(), kShards * kEndpoints * 16'000);
  std::map<std::string, size_t> samples;  // by family
  std::istringstream lines(text);
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
    ++samples[line.substr(0, line.find_first_of("{ "))];
  }
  EXPECT_EQ(samples["room_router_shard_rooms"], kShards);
  EXPECT_EQ(samples["room_router_shard_state"], kShards * 4);
  EXPECT_EQ(samples["room_router_endpoint_up"], kShards * kEndpoints);
  EXPECT_EQ(samples["room_router_shard_requests_total"], kShards * kEndpoints);
  EXPECT_EQ(samples["room_router_shard_connect_seconds_bucket"], kShards * kEndpoints * 14);
  EXPECT_EQ(samples["haproxy_server_status"], kShards * kEndpoints * 5);
  EXPECT_EQ(samples["haproxy_backend_status"], 2U);
}

TEST(Metrics, NeverNameARoom) {
  Sample sample;
  const std::string text = MetricsText(sample.View());
  EXPECT_THAT(text, testing::Not(HasSubstr("standup")));
  EXPECT_THAT(text, testing::Not(HasSubstr("acme")));
}

TEST(ApiJson, ListsRoomsBusiestFirst) {
  Sample sample;
  const json all = json::parse(RoomsJson(sample.View(), sample.table, {}));
  ASSERT_EQ(all["total"], 3);
  EXPECT_EQ(all["rooms"][0]["name"], "standup");
  EXPECT_EQ(all["rooms"][0]["shard"], "shard-0");
  EXPECT_EQ(all["rooms"][0]["sessions"], 1);
  EXPECT_EQ(all["rooms"][2]["kind"], "whiteboard");
  const json found =
      json::parse(RoomsJson(sample.View(), sample.table, ParseRoomsQuery("search=TWO+w%6Frds")));
  ASSERT_EQ(found["total"], 1);
  EXPECT_EQ(found["rooms"][0]["name"], "[acme]two words");
  const json page =
      json::parse(RoomsJson(sample.View(), sample.table, ParseRoomsQuery("limit=1&offset=1")));
  EXPECT_EQ(page["total"], 3);
  EXPECT_EQ(page["rooms"].size(), 1u);
  const json of_shard =
      json::parse(RoomsJson(sample.View(), sample.table, ParseRoomsQuery("shard=shard-1")));
  EXPECT_EQ(of_shard["total"], 2);
  const json of_none =
      json::parse(RoomsJson(sample.View(), sample.table, ParseRoomsQuery("shard=nope")));
  EXPECT_EQ(of_none["total"], 0);
}

TEST(ApiJson, HidesRoomNamesWhenToldTo) {
  Sample sample;
  sample.config.admin.dashboard.room_names = config::RoomNames::kHashed;
  const std::string hashed = RoomsJson(sample.View(), sample.table, {});
  EXPECT_THAT(hashed, HasSubstr("0123456789abcdef"));
  EXPECT_THAT(hashed, testing::Not(HasSubstr("standup")));
  sample.config.admin.dashboard.room_names = config::RoomNames::kAbsent;
  const std::string absent = RoomsJson(sample.View(), sample.table, {});
  EXPECT_THAT(absent, testing::Not(HasSubstr("0123456789abcdef")));
  EXPECT_THAT(absent, testing::Not(HasSubstr("standup")));
  EXPECT_EQ(json::parse(absent)["rooms"].size(), 3u);
}

TEST(ApiJson, LimitsWhatIsAskedFor) {
  EXPECT_EQ(ParseRoomsQuery("").limit, RoomsQuery::kDefaultLimit);
  EXPECT_EQ(ParseRoomsQuery("limit=999999").limit, RoomsQuery::kMaxLimit);
  EXPECT_EQ(ParseRoomsQuery("limit=-1&limit=x&limit=").limit, RoomsQuery::kDefaultLimit);
  EXPECT_EQ(ParseRoomsQuery("search=%zz%4").search, "%zz%4");
}

TEST(ApiJson, FindsShards) {
  Sample sample;
  const auto names = [&sample](const char* query, size_t total) {
    const json answer = json::parse(ShardsJson(sample.View(), ParseShardsQuery(query)));
    EXPECT_EQ(answer["total"], total) << query;
    std::string all;
    for (const json& shard : answer["shards"]) all += shard["name"].get<std::string>() + " ";
    return all;
  };
  EXPECT_EQ(names("", 2), "shard-0 shard-1 ");
  EXPECT_EQ(names("limit=x&offset=-1", 2), "shard-0 shard-1 ");
  EXPECT_EQ(names("limit=1", 2), "shard-0 ");
  EXPECT_EQ(names("limit=5&offset=1", 2), "shard-1 ");
  EXPECT_EQ(names("search=ARD-1", 1), "shard-1 ");
  EXPECT_EQ(names("search=nope", 0), "");
  EXPECT_EQ(names("takes_new_rooms=false", 0), "");
  sample.shards->shards[0].admin = AdminState::kMaint;
  EXPECT_EQ(names("takes_new_rooms=false", 1), "shard-0 ");
}

TEST(ApiJson, SaysStatusAndShards) {
  Sample sample;
  sample.readiness = {.ready = false, .reason = "draining"};
  sample.reload.last_succeeded = false;
  sample.reload.mistakes = {"room-router.yaml:3:1: unknown key"};
  const json status = json::parse(StatusJson(sample.View()));
  EXPECT_EQ(status["ready"], false);
  EXPECT_EQ(status["reason"], "draining");
  EXPECT_EQ(status["requests_total"], 200);
  EXPECT_EQ(status["tunnels"], 2);
  EXPECT_EQ(status["config"]["mistakes"].size(), 1u);
  const json shards = json::parse(ShardsJson(sample.View(), {}));
  EXPECT_EQ(shards["shards"][1]["endpoints"][1]["server"], "shard-1_web-1");
  EXPECT_EQ(shards["shards"][0]["rooms"], 1);
  EXPECT_EQ(shards["shards"][0]["state"], "up");
}

}  // namespace
}  // namespace room_router::admin
