// SPDX-License-Identifier: Apache-2.0
// Everything the admin plane shows, as plain values of one moment.
//
// Renderers take a view and return text; they never ask for more.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "router/admin/admin_sources.h"
#include "router/admin/process_facts.h"
#include "router/admin/rates.h"

namespace room_router::admin {

struct AdminView {
  std::shared_ptr<const config::Config> config;
  ShardSetPtr shards;
  Availability availability;             // down: no shard can be used
  std::vector<WorkerStats> each_worker;  // of those that answered, by number
  WorkerStats stats;                     // their sum
  WorkerStats shown;                     // the same since `clear counters all`
  std::vector<ListenerState> listeners;  // empty = all open
  size_t workers = 0;                    // that exist
  size_t workers_alive = 0;              // that answered
  Rates rates;
  std::vector<uint32_t> rooms;  // live ones, index = position in shards->shards
  uint32_t rooms_total = 0;
  StickTable::Stats table;
  size_t table_size = 0;
  Readiness readiness;
  ReloadState reload;
  ReplicationView replication;
  LookupCounts lookups;
  ProcessFacts process;
  uint64_t connection_limit = 0, hard_connection_limit = 0;
  LimitFacts limits;
  uint64_t access_log_lost_bytes = 0, log_lines_suppressed = 0;
  std::vector<std::pair<std::string, std::string>> versions;
  std::chrono::system_clock::time_point start_time;
  std::chrono::seconds uptime{0};
  TimePoint start, now;
};

// Adds up what the workers counted. A maximum of a sum isn't known; the sum of the workers' maxima
// bounds it, and is what HAProxy's own per-thread maxima come to.
WorkerStats Sum(const std::vector<WorkerStats>& workers);

EndpointStats SumEndpoints(const WorkerStats& stats);

// Never past the end: counters of endpoints no worker has used yet are zero.
const EndpointStats& EndpointStatsOf(const WorkerStats& stats, EndpointId endpoint);
const ListenerStats& ListenerStatsOf(const WorkerStats& stats, size_t listener);

// "room-router" for the first listener, "room-router-2" for the second, …; also in the access log.
std::string ListenerName(size_t listener);
// "shard-0" when a shard has one endpoint, else "shard-0_web-1".
std::string ServerName(const Shard& shard, const Endpoint& endpoint);

}  // namespace room_router::admin
