// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_shards.h"

namespace room_router::gossip {

std::optional<ShardId> ShardDictionary::Learn(std::string_view name) {
  if (const auto known = names_.Find(name)) return known;
  if (learned_ >= limit_) return {};
  const auto shard = names_.Intern(name);
  if (shard) {
    ++learned_;
    unknown_.push_back(*shard);
  }
  return shard;
}

}  // namespace room_router::gossip
