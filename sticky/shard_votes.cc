// SPDX-License-Identifier: Apache-2.0
#include "sticky/shard_votes.h"

#include <algorithm>
#include <vector>

namespace room_router {
namespace {

constexpr std::string_view kDownVote = "down";

std::string Prefix(std::string_view replica) { return "vote/" + std::string(replica) + "/"; }

}  // namespace

void ShardVotes::Cast(const ShardSet& shards, TimePoint now) {
  const std::string prefix = Prefix(replica_);
  std::vector<std::string> withdrawn;
  cells_.ForEach(prefix, [&](const AdminCell& cell) {
    const Shard* shard = shards.FindByName(std::string_view(cell.name).substr(prefix.size()));
    if (shard == nullptr || !shard->down_here) withdrawn.push_back(cell.name);
  });
  for (const std::string& name : withdrawn) cells_.Remove(name, now);
  for (const Shard& shard : shards.shards) {
    if (shard.down_here) cells_.Set(prefix + shard.name, kDownVote, now);
  }
}

size_t ShardVotes::Down(std::string_view shard, std::span<const std::string> live) const {
  return static_cast<size_t>(std::ranges::count_if(live, [&](const std::string& replica) {
    return cells_.Find(Prefix(replica) + std::string(shard)) == kDownVote;
  }));
}

Quorum ShardVotes::Count(std::string_view shard, std::span<const std::string> live) const {
  if (live.size() < 2) return Quorum::kNone;
  return 2 * Down(shard, live) > live.size() ? Quorum::kDown : Quorum::kNotDown;
}

}  // namespace room_router
