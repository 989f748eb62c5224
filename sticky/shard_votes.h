// SPDX-License-Identifier: Apache-2.0
// Which shards the replicas find down, and what most of them think.
//
// A replica votes with an admin cell of its own, "vote/<replica>/<shard>" = "down", as long as its
// checks say so; no cell is a vote against. Replicas that are dead or gone have no vote. Counting
// is for the majority of the live ones, more than half. Pure but for the cells. Control thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/admin_cells.h"

namespace room_router {

class ShardVotes {
 public:
  ShardVotes(AdminCells& cells, std::string replica)
      : cells_(cells), replica_(std::move(replica)) {}

  // Makes our votes what `shards` says we found; also takes back those of a former life.
  void Cast(const ShardSet& shards, TimePoint now);
  // `live`: the names of all replicas that are, ours among them.
  size_t Down(std::string_view shard, std::span<const std::string> live) const;
  Quorum Count(std::string_view shard, std::span<const std::string> live) const;

 private:
  AdminCells& cells_;
  const std::string replica_;
};

}  // namespace room_router
