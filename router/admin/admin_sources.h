// SPDX-License-Identifier: Apache-2.0
// Where the admin plane gets what it shows: doors into the rest of the process, filled by App.
//
// Everything here is called on the control thread only. `collect` is the one asynchronous door: it
// asks every worker for a copy of its counters and calls back exactly once, on the control thread,
// with what arrived in its own time limit, so a stuck worker shows as a missing copy. Only
// `order`, `move_rooms`, `pin` and `ban` change anything.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "discovery/shard_set.h"
#include "router/replication_view.h"
#include "router/stats.h"
#include "sticky/room_key.h"
#include "sticky/room_rules.h"
#include "sticky/shard_orders.h"
#include "sticky/stick_table.h"

namespace room_router::admin {

struct ReloadState {
  uint64_t generation = 1;  // of the configuration in use, from 1
  bool last_succeeded = true;
  std::string last_result = "loaded";
  std::vector<std::string> mistakes;  // of the last attempt, file:line:column: message
  std::chrono::system_clock::time_point last_time;  // of the last attempt
};

struct Readiness {
  bool ready = false;
  std::string reason;  // why not, for people: "draining", "discovery has not answered yet"
};

struct AdminSources {
  std::function<std::shared_ptr<const config::Config>()> config;
  std::function<ShardSetPtr()> shards;
  const StickTable* table = nullptr;
  // "[tenant]room" or a bare room as a person types it → key; may be empty.
  std::function<RoomKey(std::string_view name)> key_of_name;

  using Collected = std::function<void(std::vector<WorkerStats>)>;
  std::function<void(Collected)> collect;
  size_t workers = 1;

  std::function<Readiness()> readiness;
  std::function<ReloadState()> reload;
  std::function<uint64_t()> access_log_lost_bytes;  // may be empty

  std::function<ReplicationView()> replication;  // may be empty
  // For all replicas; false when no more orders can be kept. May be empty: always false.
  std::function<bool(const std::string& shard, const Instruction&)> order;

  // Binds entries to a shard, or forgets them (kNoShard), on all replicas; their sessions elsewhere
  // end. May be empty.
  std::function<void(const std::vector<EntryView>&, ShardId)> move_rooms;
  // In effect, and as the configuration has them. May be empty.
  std::function<RoomRulesPtr()> rules, configured_rules;
  // For all replicas; nullopt takes a rule back. False as with order.
  std::function<bool(const RuleSubject&, const std::optional<PinTarget>&)> pin;
  std::function<bool(const RuleSubject&, std::optional<BanAction>)> ban;

  uint64_t connection_limit = 0;  // limits.connections, resolved; 0 = unknown
  std::chrono::system_clock::time_point start_time;
  TimePoint start;
  std::vector<std::pair<std::string, std::string>> versions;  // version, commit, compiler
};

}  // namespace room_router::admin
