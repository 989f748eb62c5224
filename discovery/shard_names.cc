// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_names.h"

namespace room_router {

std::optional<ShardId> ShardNames::Intern(std::string_view name) {
  if (const auto known = ids_.find(name); known != ids_.end()) return known->second;
  if (name.empty() || name.size() > kMaxNameBytes || names_.size() == kMaxNames) return {};
  const auto id = static_cast<ShardId>(names_.size());
  names_.push_back(ids_.emplace(name, id).first->first);
  return id;
}

std::string_view ShardNames::Name(ShardId id) const {
  return id < names_.size() ? names_[id] : std::string_view();
}

}  // namespace room_router
