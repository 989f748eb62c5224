// SPDX-License-Identifier: Apache-2.0
// How far a shard in drain or maintenance is from being empty.
//
// Rooms are those of the whole cluster: every replica has the others' entries, and a session
// anywhere keeps the entry of its room. What ends last is the lease of the last one,
// stick_table.expire after its last activity. Tunnels are those of this replica. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "router/admin/admin_view.h"

namespace room_router::admin {

struct DrainProgress {
  std::string shard;
  AdminState state = AdminState::kReady;
  bool ordered = false;       // by an operator, not by shards.initial_state
  int64_t since_seconds = 0;  // in this state
  uint32_t rooms = 0;
  uint64_t tunnels = 0;

  // Nobody would miss the shard.
  bool empty() const { return rooms == 0 && tunnels == 0; }
  bool finished() const { return state != AdminState::kReady && empty(); }
  std::string_view by() const { return ordered ? "order" : "initial_state"; }
};

// `position`: of the shard in view.shards.
DrainProgress ProgressOf(const AdminView& view, size_t position);
std::optional<DrainProgress> ProgressOf(const AdminView& view, std::string_view shard);
// "rooms=3 tunnels=5"
std::string Left(const DrainProgress& progress);
// `show drain`: a line for every shard that is not ready, or for the one asked for.
std::string ShowDrain(const AdminView& view, std::string_view only = {});

}  // namespace room_router::admin
