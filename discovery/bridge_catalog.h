// SPDX-License-Identifier: Apache-2.0
// Everything known about the bridges, and the snapshot it adds up to.
//
// Pure: settings, DNS answers and `now` go in; snapshots and events come out. A target of DNS gives
// its address two ids, the first label of its name and its IPv4 address as text; an entry of the
// list gives the one it names. A target that also has an IPv6 address is reached by IPv4. Bad
// answers are held as shards' are (target_hold.h), but an obsolete target claims no id that a
// current one has. An id that two addresses claim belongs to neither and is said once.
// As many ids as DNS answers and the list have targets, twice. Owned by one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "config/config.h"
#include "discovery/bridge_set.h"
#include "discovery/event.h"
#include "discovery/target_hold.h"

namespace room_router {

class BridgeCatalog {
 public:
  // `obsolete`: how long a target stays that an answer no longer has.
  void Configure(const config::Bridges& settings, Duration obsolete, TimePoint now);
  void Receive(const std::string& service, const ServiceAnswer& answer, TimePoint now);
  void Tick(TimePoint now);
  std::optional<TimePoint> NextDeadline() const;
  // Null while bridges are off; the last one as long as nothing has changed.
  BridgeSetPtr Snapshot();
  Events TakeEvents();

 private:
  void NoteChanges(const BridgeSet* before, const BridgeSet* after);
  void NoteAmbiguous(const std::set<std::string>& ids);

  config::Bridges settings_;
  Duration obsolete_{};
  std::map<std::string, TargetHold> services_;
  std::set<std::string> ambiguous_;  // ids that have been said to be
  Events events_;
  BridgeSetPtr snapshot_;
};

}  // namespace room_router
