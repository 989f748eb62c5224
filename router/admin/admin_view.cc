// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_view.h"

#include <algorithm>

namespace room_router::admin {
namespace {

void Add(ResponseCounts& sum, const ResponseCounts& part) {
  for (size_t i = 0; i < part.by_class.size(); ++i) sum.by_class[i] += part.by_class[i];
}

void Add(Histogram& sum, const Histogram& part) {
  for (size_t i = 0; i < part.counts.size(); ++i) sum.counts[i] += part.counts[i];
  sum.sum_ms += part.sum_ms;
}

void Add(EndpointStats& sum, const EndpointStats& part) {
  sum.requests += part.requests;
  Add(sum.responses, part.responses);
  sum.bytes_in += part.bytes_in;
  sum.bytes_out += part.bytes_out;
  sum.outstanding += part.outstanding;
  sum.outstanding_max += part.outstanding_max;
  sum.tunnels += part.tunnels;
  sum.tunnels_total += part.tunnels_total;
  sum.connects += part.connects;
  sum.connect_failures += part.connect_failures;
  sum.reuses += part.reuses;
  sum.response_errors += part.response_errors;
  sum.retries += part.retries;
  sum.redispatches += part.redispatches;
  sum.client_aborts += part.client_aborts;
  sum.shard_aborts += part.shard_aborts;
  sum.idle_connections += part.idle_connections;
  sum.last_session_s = std::max(sum.last_session_s, part.last_session_s);
  Add(sum.connect_ms, part.connect_ms);
  Add(sum.first_byte_ms, part.first_byte_ms);
  Add(sum.total_ms, part.total_ms);
}

void Add(ListenerStats& sum, const ListenerStats& part) {
  sum.connections_total += part.connections_total;
  sum.connections += part.connections;
  sum.connections_max += part.connections_max;
  sum.requests += part.requests;
  sum.requests_refused += part.requests_refused;
  Add(sum.responses, part.responses);
  sum.bytes_in += part.bytes_in;
  sum.bytes_out += part.bytes_out;
  sum.local_answers += part.local_answers;
}

template <typename T>
void AddEach(std::vector<T>& sum, const std::vector<T>& part) {
  if (sum.size() < part.size()) sum.resize(part.size());
  for (size_t i = 0; i < part.size(); ++i) Add(sum[i], part[i]);
}

template <typename T>
const T& At(const std::vector<T>& items, size_t index) {
  static const T kNothing{};
  return index < items.size() ? items[index] : kNothing;
}

}  // namespace

WorkerStats Sum(const std::vector<WorkerStats>& workers) {
  WorkerStats sum;
  for (const WorkerStats& part : workers) {
    AddEach(sum.listeners, part.listeners);
    AddEach(sum.endpoints, part.endpoints);
    Add(sum.bridges, part.bridges);
    for (size_t i = 0; i < sum.refusals.size(); ++i) sum.refusals[i] += part.refusals[i];
    for (size_t i = 0; i < sum.requests_by_class.size(); ++i) {
      sum.requests_by_class[i] += part.requests_by_class[i];
      Add(sum.duration_ms[i], part.duration_ms[i]);
    }
    sum.loop.batches += part.loop.batches;
    sum.loop.events += part.loop.events;
    sum.loop.tasks += part.loop.tasks;
    sum.sessions_moved += part.sessions_moved;
    sum.access_log_drops += part.access_log_drops;
    sum.loop_lag_us_max = std::max(sum.loop_lag_us_max, part.loop_lag_us_max);
  }
  return sum;
}

EndpointStats SumEndpoints(const WorkerStats& stats) {
  EndpointStats sum;
  for (const EndpointStats& endpoint : stats.endpoints) Add(sum, endpoint);
  return sum;
}

const EndpointStats& EndpointStatsOf(const WorkerStats& stats, EndpointId endpoint) {
  return At(stats.endpoints, endpoint);
}

const ListenerStats& ListenerStatsOf(const WorkerStats& stats, size_t listener) {
  return At(stats.listeners, listener);
}

std::string ListenerName(size_t listener) {
  return listener == 0 ? "room-router" : "room-router-" + std::to_string(listener + 1);
}

std::string ServerName(const Shard& shard, const Endpoint& endpoint) {
  return shard.endpoints.size() == 1 ? shard.name : shard.name + "_" + endpoint.name;
}

}  // namespace room_router::admin
