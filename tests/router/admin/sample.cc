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
  stats.bridges.requests = 4;
  stats.bridges.connect_failures = 3;
  stats.bridges.responses.Count(101);
  stats.refusals[static_cast<size_t>(Refusal::kNoEligibleShard)] = 5;
  stats.refusals[static_cast<size_t>(Refusal::kUnknownBridge)] = 5;
  stats.requests_by_class[static_cast<size_t>(RequestClass::kSignalling)] = 80;
  stats.duration_ms[static_cast<size_t>(RequestClass::kSignalling)].Observe(7);
  stats.access_log_drops = 2;
  stats.sessions_moved = 3;
  stats.loop_lag_us_max = 1500;
  return stats;
}

ReplicationView ThreeReplicasAndHaproxy(TimePoint now) {
  ReplicationView view{.gossips = true, .split_rooms = 4, .healed_rooms = 3};
  const auto replica = [](const char* name, const char* address) {
    return ReplicaView{.name = name, .address = *SocketAddress::Parse(address)};
  };
  view.replicas = {replica("router-0", "127.0.0.1:7946"), replica("router-1", "127.0.0.2:7946"),
                   replica("router-2", "127.0.0.3:7946")};
  view.replicas[0].self = true;
  for (ReplicaView& each : view.replicas) {
    each.synced = true;
    each.since = now - 90s;
  }
  ReplicaView& linked = view.replicas[1];
  linked.linked = true;
  linked.linked_at = linked.last_sync = now - 80s;
  linked.rtt = Duration{2};
  linked.queued = 100;
  view.replicas[2].state = ReplicaState::kSuspect;
  view.down_votes = {{"shard-0", 0}, {"shard-1", 1}};
  view.gossip.frames_in = 11;
  view.gossip.adopted = 12;
  view.gossip.refused_clock = 13;
  view.gossip.sync_records_in = 16;
  view.gossip.propagation.Observe(4);
  view.heal.Observe(70);
  view.heal.Observe(1700);
  view.transport.ended[static_cast<size_t>(LinkEnd::kTlsKey)] = 14;
  HaproxyPeers::View peer{.name = "haproxy-0", .address = *SocketAddress::Parse("127.0.0.4:10000")};
  peer.status = haproxy::Status::kEstablished;
  peer.connected = true;
  peer.last_handshake = now - 18s;
  peer.counters.learned = 15;
  view.haproxy = {peer};
  return view;
}

}  // namespace

Sample::Sample() : table({.size = 2048}) {
  config.node.name = "router-0";
  config.peers.cluster = "meet";
  replication = ThreeReplicasAndHaproxy(now);
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
      .key_of_name =
          [](std::string_view name) {
            if (name == "StandUp" || name == "standup") return kStandup;
            return name == "board" ? kBoard : RoomKey{};
          },
      .collect = [this](AdminSources::Collected done) { done(workers); },
      .workers = 2,
      .readiness = [this] { return readiness; },
      .reload = [this] { return reload; },
      .access_log_lost_bytes = {},
      .journal = &journal,
      .replication = [this] { return replication; },
      .order =
          [this](const std::string& shard, const Instruction& instruction) {
            orders.emplace_back(shard, instruction);
            return takes_orders;
          },
      .force = [this](const ForcedResult& result) { forced.push_back(result); },
      .rules = [this] { return std::make_shared<const RoomRules>(rules); },
      .configured_rules = [this] { return std::make_shared<const RoomRules>(configured_rules); },
      .pin =
          [this](const RuleSubject& subject, const std::optional<PinTarget>& target) {
            if (target) rules.pins.Set(subject, *target);
            if (!target) rules.pins.Remove(subject);
            return takes_orders;
          },
      .ban =
          [this](const RuleSubject& subject, std::optional<BanAction> action) {
            if (action) rules.bans.Set(subject, *action);
            if (!action) rules.bans.Remove(subject);
            return takes_orders;
          },
      .sessions = [this](const auto& order, const auto& done) { done(Carry(order)); },
      .reload_now = [this] { return mistakes; },
      .set_log_level = [this](auto level) { log_level = level; },
      .lookups = [this] { return lookups; },
      .clear_maxima = [this] { ++maxima_cleared; },
      .listeners = {.state =
                        [this](size_t i) {
                          return i < listeners.size() ? listeners[i] : ListenerState::kOpen;
                        },
                    .close =
                        [this](size_t i, auto state, const auto& done) {
                          listeners.at(i) = state;
                          done();
                        },
                    .open =
                        [this](size_t i) {
                          if (cannot_open.empty()) listeners.at(i) = ListenerState::kOpen;
                          return cannot_open;
                        }},
      .connection_limit = [this] { return connection_limit; },
      .set_connection_limit = [this](uint64_t limit) { connection_limit = limit; },
      .hard_connection_limit = 9000,
      .start_time = std::chrono::system_clock::time_point(1'795'197'210s),
      .start = now - 51s,
      .versions = {{"version", "0.1.0"}, {"commit", "f550408"}}};
}

SessionReport Sample::Carry(const SessionOrder& order) {
  session_orders.push_back(order);
  SessionReport report;
  for (const SessionFacts& each : sessions) {
    if (!order.Concerns(each)) continue;
    ++report.matched;
    if (report.sessions.size() < order.most) report.sessions.push_back(each);
  }
  return report;
}

AdminView Sample::View() {
  AdminCollector collector(Sources());
  AdminView view;
  collector.Collect([&view](const AdminViewPtr& made) { view = *made; });
  return view;
}

}  // namespace room_router::admin
