// SPDX-License-Identifier: Apache-2.0
// What operators ordered about shards, the same on every replica: the admin cells
// "shard/<name>/state" and "shard/<name>/weight".
//
// An order stands until another one replaces it, whether the shard is there or not, as long as one
// replica lives. A shard without an order of its state is where shards.initial_state puts it: with
// `drain`, the shards that are found first of all are ready, and those that come later in drain.
// Which ones were first is in the cells "initial/<name>", which no order depends on. Values of a
// later version are no orders here. Pure but for the cells. Control thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/admin_cells.h"

namespace room_router {

// "ready", "drain", "maint"; nullopt: none of them.
std::optional<AdminState> ReadAdminState(std::string_view word);
// "0" to "256", or a share of what was found, "50%"; else HAProxy's complaint.
std::variant<WeightOrder, std::string> ReadWeight(std::string_view text);
std::string ToString(const WeightOrder& weight);

using Instruction = std::variant<AdminState, WeightOrder>;

class ShardOrders {
 public:
  explicit ShardOrders(AdminCells& cells) : cells_(cells) {}

  // False when there are too many cells, or the name is too long for one.
  bool Give(std::string_view shard, const Instruction& instruction, TimePoint now);
  // `initial_drain`: shards.initial_state is.
  ShardOrder Of(std::string_view shard, bool initial_drain) const;
  // With initial_drain, once it is known what the other replicas know: notes who is there first.
  void Meet(const ShardSet& shards, TimePoint now);

 private:
  ShardOrder Initial(std::string_view shard) const;

  AdminCells& cells_;
};

}  // namespace room_router
