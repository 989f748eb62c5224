// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_names.h"

namespace room_router {

std::optional<ShardId> ShardNames::Intern(std::string_view name) {
  if (const auto known = Find(name)) return known;
  if (name.empty() || name.size() > kMaxNameBytes || names_.size() == kMaxNames) return {};
  const auto id = static_cast<ShardId>(names_.size());
  names_.push_back(ids_.emplace(name, id).first->first);
  return id;
}

std::optional<ShardId> ShardNames::Find(std::string_view name) const {
  const auto known = ids_.find(name);
  return known == ids_.end() ? std::optional<ShardId>() : known->second;
}

std::string_view ShardNames::Name(ShardId id) const {
  return id < names_.size() ? names_[id] : std::string_view();
}

}  // namespace room_router
