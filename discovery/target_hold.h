// SPDX-License-Identifier: Apache-2.0
// The targets of one service name, held through bad moments of DNS.
//
// Pure. A found answer replaces the targets; one it no longer has stays, marked obsolete, for
// `shards.discovery.obsolete` and comes back unmarked if an answer has it again. An authoritative
// "nothing" drops all targets the same way; a failed lookup changes nothing, however long it lasts.
// Addresses and port of a target that is still answered change at once (a reused pod address may
// belong to another shard); a target without any address counts as dropped. The order of records
// is ignored.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "discovery/resolver.h"

namespace room_router {

struct HeldTarget {
  int priority = 0;
  double weight = 0;  // 100 for all targets of a priority whose weights are all 0
  std::vector<SocketAddress> addresses;
  std::optional<TimePoint> obsolete_since;
};

class TargetHold {
 public:
  using Key = std::pair<std::string, uint16_t>;  // target name, port
  using Targets = std::map<Key, HeldTarget>;

  // Returns the names of targets that became obsolete.
  std::vector<std::string> Receive(const ServiceAnswer& answer, TimePoint now);
  // Forgets what has been obsolete for `hold`. Returns whether anything was.
  bool Tick(Duration hold, TimePoint now);
  std::optional<TimePoint> NextDeadline(Duration hold) const;

  const Targets& targets() const { return targets_; }
  std::optional<LookupOutcome> last_outcome() const { return last_outcome_; }
  bool answered() const { return answered_; }  // found or definitely nothing, at least once

 private:
  void Take(const ServiceTarget& target, double weight);
  void DropOldPorts();

  Targets targets_;
  std::optional<LookupOutcome> last_outcome_;
  bool answered_ = false;
};

}  // namespace room_router
