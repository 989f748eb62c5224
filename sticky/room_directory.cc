// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_directory.h"

#include <optional>
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

std::optional<How> FindBan(const RoomRequest& request, const RoomRules& rules) {
  if (rules.bans.empty() || !request.has_key || request.key_namespace != KeyNamespace::kRoom) {
    return std::nullopt;
  }
  const BanAction* action = rules.bans.Find(request);
  if (action == nullptr) return std::nullopt;
  const bool page = request.request_class == RequestClass::kPage;
  return page && *action == BanAction::kRedirect ? How::kBannedPage : How::kBanned;
}

}  // namespace

RoomDirectory::RoomDirectory(const config::Placement& placement, const config::StickTable& table,
                             std::string own_region, TableEnvironment environment)
    : own_region_(std::move(own_region)),
      table_(TableOptions(table, std::move(environment))),
      placement_(placement) {}

Routing RoomDirectory::MakeRouting(ShardSetPtr shards, RoomRulesPtr rules) const {
  return room_router::MakeRouting(std::move(shards), std::move(rules), own_region_);
}

Decision RoomDirectory::Decide(const RoomRequest& request, const Routing& routing, TimePoint now) {
  const ShardSet& shards = *routing.set;
  if (request.request_class == RequestClass::kBridge) return {.how = How::kUnknownShard};
  if (const auto ban = FindBan(request, *routing.rules)) return {.how = *ban};
  if (request.request_class == RequestClass::kExplicitShard) {
    return DecideNamed(request, shards.FindByName(request.shard), now);
  }
  if (!request.has_key) return DecideAny(routing);
  if (request.may_name_shard) {
    const Shard* shard = ForcedShard(request, shards);
    if (shard != nullptr) return DecideNamed(request, shard, now);
  }
  if (request.request_class == RequestClass::kPage) return DecidePage(request, routing, now);
  return Bind(request, routing, now);
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

Decision RoomDirectory::DecidePage(const RoomRequest& request, const Routing& routing,
                                   TimePoint now) {
  if (const auto hit = table_.Find(request.key_namespace, request.key, now)) {
    const Shard* shard = routing.set->FindById(hit->shard);
    if (shard != nullptr && shard->KeepsRooms()) return {.shard = shard, .how = How::kTable};
  }
  const auto* candidate = placement_.Foresee(request.key, routing.PlacesFor(request), table_);
  if (candidate == nullptr) return {.how = How::kNoneEligible};
  return {.shard = &routing.set->shards[candidate->position], .how = How::kHash};
}

Decision RoomDirectory::DecideAny(const Routing& routing) {
  const auto& rotation = routing.placement.rotation;
  if (rotation.empty()) return {.how = How::kNoneEligible};
  const uint64_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  return {.shard = &routing.set->shards[rotation[turn % rotation.size()]], .how = How::kAny};
}

Decision RoomDirectory::Bind(const RoomRequest& request, const Routing& routing, TimePoint now) {
  const ShardSet& shards = *routing.set;
  const Shard* shard = nullptr;
  const auto choose = [&](ShardId previous) {
    shard = shards.FindById(previous);
    if (shard != nullptr && shard->KeepsRooms()) return previous;
    const auto* candidate = placement_.Choose(request.key, routing.PlacesFor(request), table_);
    shard = candidate == nullptr ? nullptr : &shards.shards[candidate->position];
    return candidate == nullptr ? kNoShard : candidate->id;
  };
  const auto hit =
      table_.FindOrBind(request.key_namespace, request.key, request.canonical, now, choose);
  if (shard == nullptr) return {.how = How::kNoneEligible};
  return {.shard = shard, .how = hit.inserted ? How::kPlaced : How::kTable};
}

}  // namespace room_router
