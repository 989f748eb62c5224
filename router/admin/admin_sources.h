// SPDX-License-Identifier: Apache-2.0
// Where the admin plane gets what it shows: doors into the rest of the process, filled by App.
//
// Everything here is called on the control thread only. `collect` is the one asynchronous door: it
// asks every worker for a copy of its counters and calls back exactly once, on the control thread,
// with what arrived in its own time limit, so a stuck worker shows as a missing copy. Names of
// what changes something are verbs, but for `sessions`, whose orders may end some.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "discovery/lookup_counts.h"
#include "discovery/probe_result.h"
#include "discovery/shard_set.h"
#include "router/admin/limit_facts.h"
#include "router/journal.h"
#include "router/live_sessions.h"
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
  std::chrono::system_clock::time_point last_time;  // of the last attempt; epoch = none
  std::chrono::system_clock::time_point loaded;     // the configuration in use
};

struct Readiness {
  bool ready = false;
  bool draining = false;
  std::string reason;  // why not, for people: "draining", "discovery has not answered yet"
};

// What can be done with listeners, by their position in the configuration.
struct ListenerDoors {
  std::function<ListenerState(size_t)> state;
  // `done` when nobody accepts there any more.
  std::function<void(size_t, ListenerState, std::function<void()> done)> close;
  std::function<std::string(size_t)> open;  // why not; empty = opened
};

struct AdminSources {
  std::function<std::shared_ptr<const config::Config>()> config;
  std::function<ShardSetPtr()> shards;
  std::function<Availability()> availability;  // of all shards together; may be empty
  const StickTable* table = nullptr;
  // "[tenant]room" or a bare room as a person types it → key; may be empty.
  std::function<RoomKey(std::string_view name)> key_of_name;

  using Collected = std::function<void(std::vector<WorkerStats>)>;
  std::function<void(Collected)> collect;
  size_t workers = 1;

  std::function<Readiness()> readiness;
  std::function<ReloadState()> reload;
  std::function<uint64_t()> access_log_lost_bytes, log_lines_suppressed;  // may be empty

  const Journal* journal = nullptr;              // may be null
  std::function<ReplicationView()> replication;  // may be empty
  // For all replicas; false when no more orders can be kept. May be empty: always false.
  std::function<bool(const std::string& shard, const Instruction&)> order;
  // As if a check or an agent had found it, on this replica. May be empty.
  std::function<void(const ForcedResult&)> force;

  // Binds entries to a shard, or forgets them (kNoShard), on all replicas; their sessions elsewhere
  // end. May be empty.
  std::function<void(const std::vector<EntryView>&, ShardId)> move_rooms;
  // In effect, and as the configuration has them. May be empty.
  std::function<RoomRulesPtr()> rules, configured_rules;
  // For all replicas; nullopt takes a rule back. False as with order.
  std::function<bool(const RuleSubject&, const std::optional<PinTarget>&)> pin;
  std::function<bool(const RuleSubject&, std::optional<BanAction>)> ban;

  // As `collect`, of live sessions. May be empty.
  std::function<void(const SessionOrder&, std::function<void(SessionReport)>)> sessions;
  // Reads the configuration again; its mistakes. Empty when there is no file.
  std::function<std::vector<std::string>()> reload_now;
  std::function<void(config::LogLevel)> set_log_level;
  std::function<LookupCounts()> lookups;  // of DNS; may be empty
  std::function<void()> clear_maxima;     // of the workers' counters; may be empty
  ListenerDoors listeners;                // may be empty

  std::function<uint64_t()> connection_limit;  // limits.connections, resolved; may be empty
  std::function<void(uint64_t)> set_connection_limit;
  uint64_t hard_connection_limit = 0;  // that of the system
  std::function<LimitFacts()> limits;  // may be empty
  std::chrono::system_clock::time_point start_time;
  TimePoint start;
  std::vector<std::pair<std::string, std::string>> versions;  // version, commit, compiler
};

}  // namespace room_router::admin
