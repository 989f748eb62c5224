// SPDX-License-Identifier: Apache-2.0
#include "router/admin/shard_metrics.h"

#include <array>

#include "router/admin/drain_progress.h"

namespace room_router {
namespace {

using admin::AdminView;

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

}  // namespace

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
        responses.Add(labels, stats.responses);
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
  responses.Add({}, stats.responses);
  out.push_back(responses.Take());
  AddOne(out, "bridge_connect_failures_total", counter,
         "Connections to bridges that failed or timed out.", stats.connect_failures);
  AddOne(out, "bridge_tunnels", MetricType::Gauge, "Bridge channels now.", stats.tunnels);
  AddOne(out, "bridge_tunnels_total", counter, "Bridge channels opened.", stats.tunnels_total);
}

}  // namespace room_router
