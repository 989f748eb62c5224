// SPDX-License-Identifier: Apache-2.0
// What a worker counts: plain numbers, from the start of the process, never reset.
//
// Written by that worker's thread only; other threads ask the worker for a copy (Worker::Collect)
// and never read these in place, so counting costs an increment.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/histogram.h"
#include "discovery/bridge_set.h"
#include "discovery/shard_set.h"
#include "router/captured_errors.h"

namespace room_router {

// Why a request was not forwarded or not completed; one counter each (`reason` label).
enum class Refusal : uint8_t {
  kBadRequest,
  kConflictingRooms,
  kUriTooLong,
  kHeadTooLarge,
  kVersion,
  kMethod,
  kHeaderTimeout,
  kNoEligibleShard,
  kUnknownShard,
  kConnectFailed,
  kConnectTimeout,
  kShardClosed,
  kShardTimeout,
  kBadResponse,
  kClientAborted,
  kRetriesExhausted,
  kConnectionLimit,
  kNotSupported,
  kUnknownBridge,
  kBridgeRelay,
  kBanned,
  kBannedPage,
  kProxyHeader,
  kUntrustedProxy,
  kTlsHandshake,
  kAddressConnections,
  kListenerConnections,
  kConnectionRate,
  kRequestRate,
  kConferenceRequestRate,
  kUpgradeRate,
  kPipelining,
  kShardTls,
  kCount
};
std::string_view ToString(Refusal refusal);  // snake_case

struct ResponseCounts {
  std::array<uint64_t, 6> by_class{};  // 1xx … 5xx, other
  void Count(int status) { ++by_class[status >= 100 && status < 600 ? status / 100 - 1 : 5]; }
};

// One endpoint of a shard, index = EndpointId; also summed into shards by the reader.
struct EndpointStats {
  uint64_t requests = 0;
  ResponseCounts responses;
  uint64_t bytes_in = 0, bytes_out = 0;           // from, to clients; heads and bodies
  uint32_t outstanding = 0, outstanding_max = 0;  // exchanges and tunnels now
  uint32_t tunnels = 0;
  uint64_t tunnels_total = 0;
  uint64_t connects = 0, connect_failures = 0, reuses = 0;
  uint64_t response_errors = 0, retries = 0, redispatches = 0;
  uint64_t client_aborts = 0, shard_aborts = 0;
  uint32_t idle_connections = 0;  // in the pool
  uint64_t last_session_s = 0;    // monotonic seconds of the last request
  Histogram connect_ms, first_byte_ms, total_ms;
};

// Closed listeners free their port; a paused one may be opened again.
enum class ListenerState : uint8_t { kOpen, kPaused, kClosed };

struct ListenerStats {
  uint64_t connections_total = 0;
  uint32_t connections = 0, connections_max = 0;
  uint64_t requests = 0, requests_refused = 0;
  ResponseCounts responses;  // to clients, the router's own included
  uint64_t bytes_in = 0, bytes_out = 0;
  uint64_t local_answers = 0;  // _unlock and keepalive
};

struct LoopStats {
  uint64_t batches = 0, events = 0, tasks = 0;  // tasks: posted by other threads
};

struct WorkerStats {
  EndpointStats& Of(EndpointId id) {
    if (id == kBridgeEndpoint) return bridges;
    if (id >= endpoints.size()) endpoints.resize(id + 1);
    return endpoints[id];
  }

  size_t worker = 0;                     // whose they are
  std::vector<ListenerStats> listeners;  // index = position in the configuration
  std::vector<EndpointStats> endpoints;  // index = EndpointId
  EndpointStats bridges;                 // all together
  std::array<uint64_t, static_cast<size_t>(Refusal::kCount)> refusals{};
  std::array<uint64_t, 7> requests_by_class{};  // index = RequestClass
  std::array<Histogram, 7> duration_ms{};       // of completed responses of shards; as above
  uint64_t sessions_moved = 0;                  // ended because their room lives on another shard
  uint64_t access_log_drops = 0;
  LoopStats loop;
  CapturedErrors errors;
  uint64_t loop_lag_us_max = 0;  // longest wait of a posted task since the last copy
};

}  // namespace room_router
