// SPDX-License-Identifier: Apache-2.0
// The decision: which shard serves this request. Ban → stick table → named shard → pin →
// placement.
//
// Joins the stick table, the placement hash and a snapshot of shards and rules. A pin says where a
// room that has no shard is placed; rooms that are there are moved by router/rule_keeper. The
// binding of a new room is made here, atomically, before anything is forwarded. A room whose shard
// keeps its rooms (up or soft-down, drain included) stays; a room whose shard is down or gone is
// placed anew, or waits for it when no other shard takes rooms. Pages store nothing and refresh
// nothing. A request may name the shard for a room that has none: in its path or, with force_shard,
// by the tenant or the room's end after a `_` (in lower case; where that names no shard, it is part
// of the name). Nobody moves a room by naming another. One per process; thread-safe;
// allocation-free on a hit.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "config/clock.h"
#include "config/config.h"
#include "discovery/shard_set.h"
#include "sticky/placement.h"
#include "sticky/room_key.h"
#include "sticky/routing.h"
#include "sticky/stick_table.h"

namespace room_router {

struct Decision {
  enum class How : uint8_t {
    kTable,         // an entry said so
    kPlaced,        // placed now and stored
    kHash,          // where it would be placed; nothing stored (pages)
    kExplicit,      // the one that the request names
    kAny,           // no room: any shard in the rotation
    kNoneEligible,  // nothing eligible → 503
    kUnknownShard,  // the named shard does not exist → 404
    kBanned,        // the room is refused → 403
    kBannedPage     // its page leads elsewhere → 302
  };
  const Shard* shard = nullptr;  // into the routing given to Decide
  How how = How::kNoneEligible;
};

// What a configuration does not say; see StickTable::Options.
struct TableEnvironment {
  uint64_t seed = 0x9E3779B97F4A7C15;
  HybridClock* clock = nullptr;
  std::function<void()> on_change{};
  std::function<void(KeyNamespace, RoomKey)> on_displaced{};
};

class RoomDirectory {
 public:
  RoomDirectory(const config::Placement& placement, const config::StickTable& table,
                std::string own_region, TableEnvironment environment = {});

  Decision Decide(const RoomRequest& request, const Routing& routing, TimePoint now);
  Routing MakeRouting(ShardSetPtr shards, RoomRulesPtr rules) const;

  StickTable& table() { return table_; }
  const StickTable& table() const { return table_; }

 private:
  Decision DecideNamed(const RoomRequest& request, const Shard* named, const ShardSet& shards,
                       TimePoint now);
  Decision DecidePage(const RoomRequest& request, const Routing& routing, TimePoint now);
  Decision DecideAny(const Routing& routing);
  Decision Bind(const RoomRequest& request, const Routing& routing, TimePoint now);
  // Where the room lives; null when it has no shard, or one that keeps no rooms.
  const Shard* HomeOf(const RoomRequest& request, const ShardSet& shards, TimePoint now) const;
  // … and if so, it moves to the shard that `place` says, if any.
  template <class Place>
  Decision BindUnlessAtHome(const RoomRequest& request, const ShardSet& shards, TimePoint now,
                            const Place& place);

  const std::string own_region_;
  StickTable table_;
  Placement placement_;
  std::atomic<uint64_t> turn_{0};
};

}  // namespace room_router
