// SPDX-License-Identifier: Apache-2.0
#include "router/admin/drain_progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace room_router::admin {
DrainProgress ProgressOf(const AdminView& view, size_t position) {
  const Shard& shard = view.shards->shards[position];
  DrainProgress progress{.shard = shard.name, .state = shard.admin, .ordered = shard.admin_given};
  const TimePoint started = view.now - view.uptime;
  const TimePoint since = shard.admin_since == TimePoint{} ? started : shard.admin_since;
  progress.since_seconds = std::max<int64_t>(
      0, std::chrono::duration_cast<std::chrono::seconds>(view.now - since).count());
  if (position < view.rooms.size()) progress.rooms = view.rooms[position];
  for (const Endpoint& endpoint : shard.endpoints) {
    progress.tunnels += EndpointStatsOf(view.stats, endpoint.id).tunnels;
  }
  return progress;
}

std::optional<DrainProgress> ProgressOf(const AdminView& view, std::string_view shard) {
  const Shard* found = view.shards->FindByName(shard);
  if (found == nullptr) return std::nullopt;
  return ProgressOf(view, static_cast<size_t>(found - view.shards->shards.data()));
}

std::string Left(const DrainProgress& progress) {
  return fmt::format("rooms={} tunnels={}", progress.rooms, progress.tunnels);
}

std::string ShowDrain(const AdminView& view, std::string_view only) {
  std::string text = "# rooms: of all replicas; tunnels: of " + view.config->node.name + "\n";
  for (size_t i = 0; i < view.shards->shards.size(); ++i) {
    const DrainProgress progress = ProgressOf(view, i);
    const bool wanted =
        only.empty() ? progress.state != AdminState::kReady : progress.shard == only;
    if (!wanted) continue;
    text += fmt::format("{}: state={} by={} since={}s {} finished={}\n", progress.shard,
                        ToString(progress.state), progress.by(), progress.since_seconds,
                        Left(progress), progress.finished() ? 1 : 0);
  }
  return text;
}

}  // namespace room_router::admin
