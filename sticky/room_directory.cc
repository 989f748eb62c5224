// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_directory.h"

#include <utility>

namespace room_router {
namespace {

using How = Decision::How;

StickTable::Options TableOptions(const config::StickTable& table, TableEnvironment environment) {
  return {.size = table.size,
          .expire = table.expire,
          .display_bytes = table.display_bytes,
          .seed = environment.seed,
          .clock = environment.clock,
          .on_change = std::move(environment.on_change)};
}

// The shard a forced room asks for: `/<shard>/…`, else `<room>_<shard>`, longest name first.
const Shard* ForcedShard(const RoomRequest& request, const ShardSet& shards) {
  if (const Shard* shard = shards.FindByName(request.tenant)) return shard;
  const std::string_view room = request.room;
  for (size_t at = room.find('_'); at != std::string_view::npos; at = room.find('_', at + 1)) {
    if (const Shard* shard = shards.FindByName(room.substr(at + 1))) return shard;
  }
  return nullptr;
}

}  // namespace

RoomDirectory::RoomDirectory(const config::Placement& placement, const config::StickTable& table,
                             std::string own_region, TableEnvironment environment)
    : own_region_(std::move(own_region)),
      table_(TableOptions(table, std::move(environment))),
      placement_(placement) {}

PlacementView RoomDirectory::MakeView(const ShardSet& shards) const {
  return MakePlacementView(shards, own_region_);
}

Decision RoomDirectory::Decide(const RoomRequest& request, const ShardSet& shards,
                               const PlacementView& view, TimePoint now) {
  if (request.request_class == RequestClass::kBridge) return {.how = How::kUnknownShard};
  if (request.request_class == RequestClass::kExplicitShard) {
    return DecideNamed(request, shards.FindByName(request.shard), now);
  }
  if (!request.has_key) return DecideAny(shards, view);
  if (request.may_name_shard) {
    const Shard* shard = ForcedShard(request, shards);
    if (shard != nullptr) return DecideNamed(request, shard, now);
  }
  if (request.request_class == RequestClass::kPage) return DecidePage(request, shards, view, now);
  return Bind(request, shards, view, now);
}

Decision RoomDirectory::DecideNamed(const RoomRequest& request, const Shard* shard, TimePoint now) {
  if (shard == nullptr) return {.how = How::kUnknownShard};
  if (!shard->KeepsRooms()) return {.how = How::kNoneEligible};
  if (request.has_key && request.request_class != RequestClass::kPage) {
    table_.FindOrBind(request.key_namespace, request.key, request.canonical, now,
                      [shard](ShardId) { return shard->id; });
  }
  return {.shard = shard, .how = How::kExplicit};
}

Decision RoomDirectory::DecidePage(const RoomRequest& request, const ShardSet& shards,
                                   const PlacementView& view, TimePoint now) {
  if (const auto hit = table_.Find(request.key_namespace, request.key, now)) {
    const Shard* shard = shards.FindById(hit->shard);
    if (shard != nullptr && shard->KeepsRooms()) return {.shard = shard, .how = How::kTable};
  }
  const auto* candidate = placement_.Foresee(request.key, view, table_);
  if (candidate == nullptr) return {.how = How::kNoneEligible};
  return {.shard = &shards.shards[candidate->position], .how = How::kHash};
}

Decision RoomDirectory::DecideAny(const ShardSet& shards, const PlacementView& view) {
  if (view.rotation.empty()) return {.how = How::kNoneEligible};
  const uint64_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  return {.shard = &shards.shards[view.rotation[turn % view.rotation.size()]], .how = How::kAny};
}

Decision RoomDirectory::Bind(const RoomRequest& request, const ShardSet& shards,
                             const PlacementView& view, TimePoint now) {
  const Shard* shard = nullptr;
  const auto choose = [&](ShardId previous) {
    shard = shards.FindById(previous);
    if (shard != nullptr && shard->KeepsRooms()) return previous;
    const auto* candidate = placement_.Choose(request.key, view, table_);
    shard = candidate == nullptr ? nullptr : &shards.shards[candidate->position];
    return candidate == nullptr ? kNoShard : candidate->id;
  };
  const auto hit =
      table_.FindOrBind(request.key_namespace, request.key, request.canonical, now, choose);
  if (shard == nullptr) return {.how = How::kNoneEligible};
  return {.shard = shard, .how = hit.inserted ? How::kPlaced : How::kTable};
}

}  // namespace room_router
