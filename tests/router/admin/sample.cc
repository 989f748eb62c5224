// SPDX-License-Identifier: Apache-2.0
#include "sample.h"

namespace room_router::admin {
namespace {

using namespace std::chrono_literals;

Endpoint MakeEndpoint(EndpointId id, const std::string& name, uint16_t port) {
  return {.id = id,
          .name = name,
          .address = *SocketAddress::FromIp("127.0.0.1", port),
          .up = true,
          .check_fill = 0,
          .last_check = "L7OK/200",
          .last_check_ms = 3};
}

WorkerStats OneWorker() {
  WorkerStats stats;
  stats.listeners.resize(1);
  ListenerStats& listener = stats.listeners[0];
  listener = {.connections_total = 40,
              .connections = 4,
              .connections_max = 9,
              .requests = 100,
              .requests_refused = 5,
              .responses = {},
              .bytes_in = 1000,
              .bytes_out = 2000,
              .local_answers = 7};
  listener.responses.Count(200);
  stats.endpoints.resize(2);  // the third endpoint has not been used yet
  EndpointStats& endpoint = stats.endpoints[0];
  endpoint.requests = 60;
  endpoint.responses.Count(200);
  endpoint.responses.Count(503);
  endpoint.bytes_in = 600;
  endpoint.bytes_out = 1200;
  endpoint.outstanding = 2;
  endpoint.tunnels = 1;
  endpoint.connects = 3;
  endpoint.reuses = 57;
  endpoint.total_ms.Observe(4);
  endpoint.total_ms.Observe(700);
  stats.endpoints[1].requests = 30;
  stats.refusals[static_cast<size_t>(Refusal::kNoEligibleShard)] = 5;
  stats.requests_by_class[static_cast<size_t>(RequestClass::kSignalling)] = 80;
  stats.access_log_drops = 2;
  stats.loop_lag_us_max = 1500;
  return stats;
}

}  // namespace

Sample::Sample() : table({.size = 2048}) {
  config.node.name = "router-0";
  config.listeners.push_back({.address = *SocketAddress::Parse("127.0.0.1:8080")});
  Shard first{.id = 0, .name = "shard-0"};
  first.state = ShardState::kUp;
  first.endpoints = {MakeEndpoint(0, "shard-0", 9001)};
  Shard second{.id = 1, .name = "shard-1"};
  second.state = ShardState::kUp;
  second.endpoints = {MakeEndpoint(1, "web-0", 9002), MakeEndpoint(2, "web-1", 9003)};
  shards->generation = 3;
  shards->answered = true;
  shards->shards = {first, second};
  shards->Index();
  workers = {OneWorker(), OneWorker()};
  table.Set(KeyNamespace::kRoom, kStandup, "standup", 0, now);
  table.Set(KeyNamespace::kRoom, kSpaced, "[acme]two words", 1, now);
  table.Set(KeyNamespace::kWhiteboard, kBoard, "board", 0, now);
  table.Set(KeyNamespace::kWhiteboard, kBoard, "board", 1, now);
  table.AcquireSession(KeyNamespace::kRoom, kStandup, now);
}

AdminSources Sample::Sources() {
  return {
      .config = [this] { return std::make_shared<const config::Config>(config); },
      .shards = [this] { return shards; },
      .table = &table,
      .key_of_name = [](std::string_view name) { return name == "StandUp" ? kStandup : RoomKey{}; },
      .collect = [this](AdminSources::Collected done) { done(workers); },
      .workers = 2,
      .readiness = [this] { return readiness; },
      .reload = [this] { return reload; },
      .access_log_lost_bytes = {},
      .connection_limit = 5000,
      .start_time = std::chrono::system_clock::time_point(1'795'197'210s),
      .start = now - 51s,
      .versions = {{"version", "0.1.0"}, {"commit", "f550408"}}};
}

AdminView Sample::View() {
  AdminCollector collector(Sources());
  AdminView view;
  collector.Collect([&view](const AdminViewPtr& made) { view = *made; });
  return view;
}

}  // namespace room_router::admin
