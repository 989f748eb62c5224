// SPDX-License-Identifier: Apache-2.0
#include "router/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <sstream>

#include "router/admin/admin_view.h"
#include "router/admin/drain_progress.h"
#include "router/admin/metric_family.h"
#include "router/admin/replication_metrics.h"

namespace room_router {
namespace {

using admin::AdminView;
constexpr std::array<std::string_view, 6> kClasses = {"1xx", "2xx", "3xx", "4xx", "5xx", "other"};

void AddResponses(Family& family, const MetricLabels& labels, const ResponseCounts& responses) {
  for (size_t i = 0; i < kClasses.size(); ++i) {
    family.Add(With(labels, "class", kClasses[i]), responses.by_class[i]);
  }
}

void AddProcess(MetricFamilies& out, const AdminView& view) {
  Family build("build_info", MetricType::Gauge, "What is running; always 1.");
  MetricLabels labels;
  for (const auto& [name, value] : view.versions) labels.push_back({name, value});
  build.Add(labels, 1);
  out.push_back(build.Take());
  const auto gauge = MetricType::Gauge;
  using Seconds = std::chrono::duration<double>;
  AddOne(out, "start_time_seconds", gauge, "When the process started, since the epoch.",
         Seconds(view.start_time.time_since_epoch()).count());
  AddOne(out, "cpu_seconds_total", MetricType::Counter, "User and system CPU time of the process.",
         view.process.cpu_seconds);
  AddOne(out, "resident_memory_bytes", gauge, "Memory of the process in RAM.",
         view.process.resident_bytes);
  AddOne(out, "open_descriptors", gauge, "File descriptors in use.", view.process.descriptors);
  AddOne(out, "descriptor_limit", gauge, "File descriptors allowed.",
         view.process.descriptor_limit);
  AddOne(out, "workers", gauge, "Event loops of the data plane.", view.workers);
  AddOne(out, "workers_alive", gauge, "Event loops that answered this scrape in time.",
         view.workers_alive);
  AddOne(out, "event_loop_lag_seconds", gauge,
         "Longest wait for a turn of any event loop since the last look at the counters.",
         static_cast<double>(view.stats.loop_lag_us_max) / 1e6);
  AddOne(out, "ready", gauge, "1 when /readyz says so.", view.readiness.ready ? 1 : 0);
  AddOne(out, "config_generation", gauge, "Number of the configuration in use, from 1.",
         view.reload.generation);
  AddOne(out, "config_last_reload_successful", gauge,
         "0 when the last reload was refused and the configuration before it is still in use.",
         view.reload.last_succeeded ? 1 : 0);
  AddOne(out, "config_mistakes", gauge, "Mistakes found by the last reload.",
         view.reload.mistakes.size());
}

void AddListeners(MetricFamilies& out, const AdminView& view) {
  const auto counter = MetricType::Counter;
  Family connections("connections", MetricType::Gauge, "Client connections now.");
  Family connections_total("connections_total", counter, "Client connections accepted.");
  Family requests("requests_total", counter, "Requests read from clients.");
  Family responses("responses_total", counter,
                   "Responses sent to clients by status class, the router's own included.");
  Family local("local_answers_total", counter,
               "Keepalive requests the router answered itself (_unlock, websocket keepalive).");
  Family received("received_bytes_total", counter, "Bytes received from clients.");
  Family sent("sent_bytes_total", counter, "Bytes sent to clients.");
  for (size_t i = 0; i < view.config->listeners.size(); ++i) {
    const ListenerStats& stats = admin::ListenerStatsOf(view.stats, i);
    const MetricLabels labels = With({}, "listener", admin::ListenerName(i));
    connections.Add(labels, stats.connections);
    connections_total.Add(labels, stats.connections_total);
    requests.Add(labels, stats.requests);
    AddResponses(responses, labels, stats.responses);
    local.Add(labels, stats.local_answers);
    received.Add(labels, stats.bytes_in);
    sent.Add(labels, stats.bytes_out);
  }
  for (Family* family :
       {&connections, &connections_total, &requests, &responses, &local, &received, &sent}) {
    out.push_back(family->Take());
  }
  AddOne(out, "connection_limit", MetricType::Gauge,
         "Client connections allowed; more are refused.", view.connection_limit);
}

void AddRequests(MetricFamilies& out, const AdminView& view) {
  const auto counter = MetricType::Counter;
  Family classes("requests_by_class_total", counter,
                 "Requests by what the path asks for (docs: room key).");
  for (size_t i = 0; i < view.stats.requests_by_class.size(); ++i) {
    classes.Add(With({}, "class", ToString(static_cast<RequestClass>(i))),
                view.stats.requests_by_class[i]);
  }
  out.push_back(classes.Take());
  Family refusals("refusals_total", counter, "Requests not forwarded or not completed, by reason.");
  for (size_t i = 0; i < view.stats.refusals.size(); ++i) {
    refusals.Add(With({}, "reason", ToString(static_cast<Refusal>(i))), view.stats.refusals[i]);
  }
  out.push_back(refusals.Take());
  AddOne(out, "access_log_dropped_total", counter,
         "Access-log records dropped because the log's reader was too slow.",
         view.stats.access_log_drops);
  AddOne(out, "access_log_lost_bytes_total", counter,
         "Access-log bytes the output refused (disk full, reader gone).",
         view.access_log_lost_bytes);
}

void AddRooms(MetricFamilies& out, const AdminView& view) {
  const auto gauge = MetricType::Gauge, counter = MetricType::Counter;
  AddOne(out, "rooms", gauge, "Rooms bound to a shard.", view.rooms_total);
  AddOne(out, "rooms_moved_total", counter, "Rooms that changed their shard.", view.table.moves);
  AddOne(out, "stick_table_size", gauge, "Entries the stick table can hold.", view.table_size);
  AddOne(out, "stick_table_entries", gauge, "Entries in the stick table.", view.table.entries);
  AddOne(out, "stick_table_inserts_total", counter, "Entries made.", view.table.inserts);
  Family evictions("stick_table_evictions_total", counter,
                   "Entries removed to make room: expired ones, or live ones when it was full.");
  evictions.Add(With({}, "state", "expired"), view.table.evictions_expired);
  evictions.Add(With({}, "state", "live"), view.table.evictions_live);
  out.push_back(evictions.Take());
  AddOne(out, "sessions_moved_total", counter,
         "Sessions ended because their room lives on another shard.", view.stats.sessions_moved);
}

void AddShards(MetricFamilies& out, const AdminView& view) {
  const auto gauge = MetricType::Gauge;
  Family state("shard_state", gauge, "1 for the state the shard is in, by its checks.");
  Family admin_state("shard_admin_state", gauge, "1 for the state an operator gave the shard.");
  Family rooms("shard_rooms", gauge, "Rooms bound to the shard.");
  Family drained(
      "shard_drained", gauge,
      "1 for a shard in drain or maintenance without rooms, or tunnels of this replica.");
  Family weight("shard_weight", gauge, "Share of new rooms, relative to the other shards.");
  Family found("shard_found_weight", gauge, "What the weight is unless another one is ordered.");
  for (size_t i = 0; i < view.shards->shards.size(); ++i) {
    const Shard& shard = view.shards->shards[i];
    const MetricLabels labels = With({}, "shard", shard.name);
    for (const auto each :
         {ShardState::kStarting, ShardState::kUp, ShardState::kSoftDown, ShardState::kDown}) {
      state.Add(With(labels, "state", ToString(each)), shard.state == each ? 1 : 0);
    }
    for (const auto each : {AdminState::kReady, AdminState::kDrain, AdminState::kMaint}) {
      admin_state.Add(With(labels, "state", ToString(each)), shard.admin == each ? 1 : 0);
    }
    rooms.Add(labels, i < view.rooms.size() ? view.rooms[i] : 0);
    drained.Add(labels, admin::ProgressOf(view, i).finished() ? 1 : 0);
    weight.Add(labels, shard.weight);
    found.Add(labels, shard.found_weight);
  }
  for (Family* family : {&state, &admin_state, &rooms, &drained, &weight, &found}) {
    out.push_back(family->Take());
  }
  AddOne(out, "shards_generation", gauge, "Number of the snapshot of the shards in use.",
         view.shards->generation);
}

// A plain number of an endpoint's counters, and what it is called.
struct EndpointFigure {
  const char* name;
  MetricType type;
  const char* help;
  double (*value)(const EndpointStats& stats);
};

template <auto member>
double Figure(const EndpointStats& stats) {
  return static_cast<double>(stats.*member);
}

constexpr std::array<EndpointFigure, 14> kEndpointFigures = {{
    {"shard_requests_total", MetricType::Counter, "Requests sent to the endpoint.",
     Figure<&EndpointStats::requests>},
    {"shard_received_bytes_total", MetricType::Counter,
     "Bytes from clients for the endpoint, tunnels included.", Figure<&EndpointStats::bytes_in>},
    {"shard_sent_bytes_total", MetricType::Counter,
     "Bytes to clients from the endpoint, tunnels included.", Figure<&EndpointStats::bytes_out>},
    {"shard_outstanding", MetricType::Gauge, "Exchanges and tunnels at the endpoint now.",
     Figure<&EndpointStats::outstanding>},
    {"shard_tunnels", MetricType::Gauge, "Websocket tunnels to the endpoint now.",
     Figure<&EndpointStats::tunnels>},
    {"shard_tunnels_total", MetricType::Counter, "Websocket tunnels opened to the endpoint.",
     Figure<&EndpointStats::tunnels_total>},
    {"shard_connects_total", MetricType::Counter, "Connections opened to the endpoint.",
     Figure<&EndpointStats::connects>},
    {"shard_connect_failures_total", MetricType::Counter,
     "Connections to the endpoint that failed or timed out.",
     Figure<&EndpointStats::connect_failures>},
    {"shard_connection_reuses_total", MetricType::Counter, "Requests that took an idle connection.",
     Figure<&EndpointStats::reuses>},
    {"shard_idle_connections", MetricType::Gauge, "Idle connections to the endpoint now.",
     Figure<&EndpointStats::idle_connections>},
    {"shard_retries_total", MetricType::Counter, "Requests tried again at the same shard.",
     Figure<&EndpointStats::retries>},
    {"shard_redispatches_total", MetricType::Counter, "Requests tried again at another shard.",
     Figure<&EndpointStats::redispatches>},
    {"shard_response_errors_total", MetricType::Counter,
     "Responses that were malformed, late or broken off.", Figure<&EndpointStats::response_errors>},
    {"shard_aborts_total", MetricType::Counter, "Exchanges the endpoint broke off.",
     Figure<&EndpointStats::shard_aborts>},
}};

template <typename Visit>
void ForEachEndpoint(const AdminView& view, Visit visit) {
  for (const Shard& shard : view.shards->shards) {
    for (const Endpoint& endpoint : shard.endpoints) {
      const MetricLabels labels = With(With({}, "shard", shard.name), "endpoint", endpoint.name);
      visit(labels, endpoint, admin::EndpointStatsOf(view.stats, endpoint.id));
    }
  }
}

void AddEndpoints(MetricFamilies& out, const AdminView& view) {
  for (const EndpointFigure& figure : kEndpointFigures) {
    Family family(figure.name, figure.type, figure.help);
    ForEachEndpoint(view,
                    [&](const MetricLabels& labels, const Endpoint&, const EndpointStats& stats) {
                      family.Add(labels, figure.value(stats));
                    });
    out.push_back(family.Take());
  }
  Family up("endpoint_up", MetricType::Gauge, "1 when the endpoint's own checks pass.");
  Family responses("shard_responses_total", MetricType::Counter,
                   "Responses of the endpoint by status class.");
  Family connect("shard_connect_seconds", MetricType::Histogram,
                 "Time to open a connection to the endpoint.");
  Family first_byte("shard_first_byte_seconds", MetricType::Histogram,
                    "Time from the request to the first byte of the endpoint's response.");
  Family total("shard_request_duration_seconds", MetricType::Histogram,
               "Time from the first byte of a request to the last of its response.");
  ForEachEndpoint(
      view, [&](const MetricLabels& labels, const Endpoint& endpoint, const EndpointStats& stats) {
        up.Add(labels, endpoint.up ? 1 : 0);
        AddResponses(responses, labels, stats.responses);
        connect.Add(labels, stats.connect_ms);
        first_byte.Add(labels, stats.first_byte_ms);
        total.Add(labels, stats.total_ms);
      });
  for (Family* family : {&up, &responses, &connect, &first_byte, &total}) {
    out.push_back(family->Take());
  }
}

void AddBridges(MetricFamilies& out, const AdminView& view) {
  const auto counter = MetricType::Counter;
  const EndpointStats& stats = view.stats.bridges;
  AddOne(out, "bridge_requests_total", counter, "Bridge channels asked for at a known bridge.",
         stats.requests);
  Family responses("bridge_responses_total", counter, "Responses of bridges by status class.");
  AddResponses(responses, {}, stats.responses);
  out.push_back(responses.Take());
  AddOne(out, "bridge_connect_failures_total", counter,
         "Connections to bridges that failed or timed out.", stats.connect_failures);
  AddOne(out, "bridge_tunnels", MetricType::Gauge, "Bridge channels now.", stats.tunnels);
  AddOne(out, "bridge_tunnels_total", counter, "Bridge channels opened.", stats.tunnels_total);
}

class ViewCollectable final : public prometheus::Collectable {
 public:
  explicit ViewCollectable(const AdminView& view) : view_(view) {}

  MetricFamilies Collect() const override {
    MetricFamilies families;
    AddProcess(families, view_);
    AddListeners(families, view_);
    AddRequests(families, view_);
    AddRooms(families, view_);
    AddReplication(families, view_.replication);
    AddShards(families, view_);
    AddEndpoints(families, view_);
    AddBridges(families, view_);
    return families;
  }

 private:
  const AdminView& view_;
};

}  // namespace

std::string MetricsText(const AdminView& view) {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, ViewCollectable(view).Collect());
  return out.str();
}

}  // namespace room_router
