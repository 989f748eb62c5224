// SPDX-License-Identifier: Apache-2.0
// A small deployment for the admin tests: two shards (one with two endpoints), one listener, three
// entries in the table, counters that differ from each other.
#pragma once

#include <vector>

#include "router/admin/admin_collector.h"

namespace room_router::admin {

inline const RoomKey kStandup{.high = 0x0123456789abcdef, .low = 0x1122334455667788};
inline const RoomKey kSpaced{.high = 2, .low = 0x22};
inline const RoomKey kBoard{.high = 3, .low = 0x33};

struct Sample {
  Sample();

  config::Config config;
  std::shared_ptr<ShardSet> shards = std::make_shared<ShardSet>();
  StickTable table;
  std::vector<WorkerStats> workers;
  Readiness readiness{.ready = true, .reason = {}};
  ReloadState reload;
  ReplicationView replication;  // three replicas and an HAProxy
  TimePoint now = Clock::now();
  std::vector<std::pair<std::string, Instruction>> orders;
  std::vector<ForcedResult> forced;
  bool takes_orders = true;
  uint64_t connection_limit = 5000;
  LookupCounts lookups;
  std::vector<SessionFacts> sessions;
  std::vector<SessionOrder> session_orders;
  std::vector<ListenerState> listeners = {ListenerState::kOpen};
  std::string cannot_open;            // why not
  std::vector<std::string> mistakes;  // of a reload
  config::LogLevel log_level = config::LogLevel::kInfo;
  int maxima_cleared = 0;
  Journal journal;
  RoomRules rules, configured_rules;

  AdminSources Sources();
  SessionReport Carry(const SessionOrder& order);
  // What a collector makes of it.
  AdminView View();
};

}  // namespace room_router::admin
