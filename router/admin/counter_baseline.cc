// SPDX-License-Identifier: Apache-2.0
#include "router/admin/counter_baseline.h"

#include <algorithm>

namespace room_router::admin {
namespace {

// A worker that did not answer this time is missing from the sum.
void Subtract(uint64_t& counter, uint64_t baseline) { counter -= std::min(counter, baseline); }

void Subtract(ResponseCounts& counts, const ResponseCounts& baseline) {
  for (size_t i = 0; i < counts.by_class.size(); ++i)
    Subtract(counts.by_class[i], baseline.by_class[i]);
}

void Subtract(Histogram& histogram, const Histogram& baseline) {
  for (size_t i = 0; i < histogram.counts.size(); ++i)
    Subtract(histogram.counts[i], baseline.counts[i]);
  Subtract(histogram.sum_ms, baseline.sum_ms);
}

void Subtract(EndpointStats& stats, const EndpointStats& baseline) {
  for (const auto counter :
       {&EndpointStats::requests, &EndpointStats::bytes_in, &EndpointStats::bytes_out,
        &EndpointStats::tunnels_total, &EndpointStats::connects, &EndpointStats::connect_failures,
        &EndpointStats::reuses, &EndpointStats::response_errors, &EndpointStats::retries,
        &EndpointStats::redispatches, &EndpointStats::client_aborts,
        &EndpointStats::shard_aborts}) {
    Subtract(stats.*counter, baseline.*counter);
  }
  Subtract(stats.responses, baseline.responses);
  for (const auto histogram :
       {&EndpointStats::connect_ms, &EndpointStats::first_byte_ms, &EndpointStats::total_ms}) {
    Subtract(stats.*histogram, baseline.*histogram);
  }
}

void Subtract(ListenerStats& stats, const ListenerStats& baseline) {
  for (const auto counter : {&ListenerStats::connections_total, &ListenerStats::requests,
                             &ListenerStats::requests_refused, &ListenerStats::bytes_in,
                             &ListenerStats::bytes_out, &ListenerStats::local_answers}) {
    Subtract(stats.*counter, baseline.*counter);
  }
  Subtract(stats.responses, baseline.responses);
}

template <class T>
void SubtractEach(std::vector<T>& all, const std::vector<T>& baseline) {
  for (size_t i = 0; i < std::min(all.size(), baseline.size()); ++i) Subtract(all[i], baseline[i]);
}

}  // namespace

WorkerStats Since(const WorkerStats& stats, const WorkerStats& baseline) {
  WorkerStats since = stats;
  SubtractEach(since.listeners, baseline.listeners);
  SubtractEach(since.endpoints, baseline.endpoints);
  Subtract(since.bridges, baseline.bridges);
  Subtract(since.access_log_drops, baseline.access_log_drops);
  return since;
}

}  // namespace room_router::admin
