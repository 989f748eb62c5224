// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_set.h"

#include <algorithm>

namespace room_router {
namespace {

bool SameEndpoint(const Endpoint& a, const Endpoint& b) {
  return a.id == b.id && a.name == b.name && a.host == b.host && a.up == b.up &&
         a.check_fill == b.check_fill && a.last_check == b.last_check &&
         a.agent_down == b.agent_down && a.agent == b.agent && a.last_agent == b.last_agent &&
         a.agent_says == b.agent_says && a.availability == b.availability;
}

bool SameShard(const Shard& a, const Shard& b) {
  return a.id == b.id && a.region == b.region && a.release == b.release && a.weight == b.weight &&
         a.found_weight == b.found_weight && a.admin_given == b.admin_given &&
         a.admin_since == b.admin_since && a.priority == b.priority && a.state == b.state &&
         a.admin == b.admin && a.agent == b.agent && a.since == b.since &&
         a.down_here == b.down_here && std::ranges::equal(a.endpoints, b.endpoints, SameEndpoint);
}

}  // namespace

ShardState Agreed(ShardState found_here, Quorum quorum) {
  switch (quorum) {
    case Quorum::kNone:
      break;
    case Quorum::kDown:
      return ShardState::kDown;
    case Quorum::kNotDown:
      if (found_here == ShardState::kDown) return ShardState::kSoftDown;
  }
  return found_here;
}

size_t Shard::UsableEndpoints() const {
  return KeepsRooms() ? static_cast<size_t>(std::ranges::count(endpoints, true, &Endpoint::up)) : 0;
}

std::string_view ToString(ShardState state) {
  switch (state) {
    case ShardState::kStarting:
      return "starting";
    case ShardState::kUp:
      return "up";
    case ShardState::kSoftDown:
      return "soft_down";
    case ShardState::kDown:
      return "down";
  }
  return "";
}

std::string_view ToString(AdminState state) {
  switch (state) {
    case AdminState::kReady:
      return "ready";
    case AdminState::kDrain:
      return "drain";
    case AdminState::kMaint:
      return "maint";
  }
  return "";
}

void ShardSet::Index() {
  ShardId highest = 0;
  for (const Shard& shard : shards) highest = std::max(highest, shard.id + 1);
  position_by_id_.assign(highest, ~0U);
  for (size_t i = 0; i < shards.size(); ++i) {
    position_by_id_[shards[i].id] = static_cast<uint32_t>(i);
  }
}

const Shard* ShardSet::FindByName(std::string_view name) const {
  const auto it = std::lower_bound(shards.begin(), shards.end(), name,
                                   [](const Shard& s, std::string_view n) { return s.name < n; });
  return it != shards.end() && it->name == name ? &*it : nullptr;
}

const Shard* ShardSet::FindById(ShardId id) const {
  if (id >= position_by_id_.size() || position_by_id_[id] == ~0U) return nullptr;
  return &shards[position_by_id_[id]];
}

bool LooksSame(const ShardSet& a, const ShardSet& b) {
  return a.answered == b.answered && std::ranges::equal(a.shards, b.shards, SameShard);
}

}  // namespace room_router
