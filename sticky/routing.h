// SPDX-License-Identifier: Apache-2.0
// All that decides where a request goes, at one moment: the shards, where new rooms are placed, and
// the rules about rooms. Immutable; built on the control thread, shared by the workers.
#pragma once

#include <map>
#include <string_view>

#include "discovery/shard_set.h"
#include "sticky/rendezvous.h"
#include "sticky/room_rules.h"

namespace room_router {

struct Routing {
  ShardSetPtr set;
  PlacementView placement;  // of all shards
  RoomRulesPtr rules;       // never null
  // Of the shards of each release, and of every target of a pin; those that take no room are out.
  std::map<PinTarget, PlacementView> within;

  // Where a new room goes: to its pin's shards, or to those of the release that its client asks
  // for (`release=`), as long as one of them takes new rooms; else anywhere.
  const PlacementView& PlacesFor(const RoomRequest& room) const;
};

// Own region first; empty = no preference.
Routing MakeRouting(ShardSetPtr set, RoomRulesPtr rules, std::string_view own_region);

}  // namespace room_router
