// SPDX-License-Identifier: Apache-2.0
#include "sticky/shard_orders.h"

#include <string>

namespace room_router {
namespace {

std::string StateCell(std::string_view shard) { return "shard/" + std::string(shard) + "/state"; }

}  // namespace

std::optional<AdminState> ReadAdminState(std::string_view word) {
  for (const auto state : {AdminState::kReady, AdminState::kDrain, AdminState::kMaint}) {
    if (word == ToString(state)) return state;
  }
  return std::nullopt;
}

bool ShardOrders::SetState(std::string_view shard, AdminState state, TimePoint now) {
  return cells_.Set(StateCell(shard), ToString(state), now);
}

std::optional<AdminState> ShardOrders::State(std::string_view shard) const {
  const auto value = cells_.Find(StateCell(shard));
  return value ? ReadAdminState(*value) : std::nullopt;
}

}  // namespace room_router
