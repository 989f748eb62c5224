// SPDX-License-Identifier: Apache-2.0
// The decision: which shard serves this request. Ban → explicit shard → stick table → pin →
// placement.
//
// Joins the stick table, the placement hash and a snapshot of shards and rules. A pin says where a
// room that has no shard is placed; rooms that are there are moved by router/rule_keeper. The
// binding of a new room is made here, atomically, before anything is forwarded. A room whose shard
// keeps its rooms (up or soft-down, drain included) stays; a room whose shard is down or gone is
// placed anew, or waits for it when no other shard takes rooms. Pages store nothing and refresh
// nothing. With force_shard the tenant or the room's end after a `_` may name a shard (in lower
// case); where it names none, it is part of the name. One per process; thread-safe; allocation-free
// on a hit.
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
    kExplicit,      // named by the request
    kAny,           // no room: any shard in the rotation
    kNoneEligible,  // nothing eligible, or the named shard is down → 503
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
  Decision DecideNamed(const RoomRequest& request, const Shard* shard, TimePoint now);
  Decision DecidePage(const RoomRequest& request, const Routing& routing, TimePoint now);
  Decision DecideAny(const Routing& routing);
  Decision Bind(const RoomRequest& request, const Routing& routing, TimePoint now);

  const std::string own_region_;
  StickTable table_;
  Placement placement_;
  std::atomic<uint64_t> turn_{0};
};

}  // namespace room_router
