// SPDX-License-Identifier: Apache-2.0
// What operators ordered about shards, the same on every replica: admin cells "shard/<name>/state".
//
// An order stands until another one replaces it, whether the shard is there or not, as long as one
// replica lives. Values of a later version are no orders here. Pure but for the cells. Control
// thread.
#pragma once

#include <optional>
#include <string_view>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/admin_cells.h"

namespace room_router {

// "ready", "drain", "maint"; nullopt: none of them.
std::optional<AdminState> ReadAdminState(std::string_view word);

class ShardOrders {
 public:
  explicit ShardOrders(AdminCells& cells) : cells_(cells) {}

  // False when there are too many cells, or the name is too long for one.
  bool SetState(std::string_view shard, AdminState state, TimePoint now);
  std::optional<AdminState> State(std::string_view shard) const;  // nullopt: nothing was ordered

 private:
  AdminCells& cells_;
};

}  // namespace room_router
