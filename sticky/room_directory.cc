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
          .on_change = std::move(environment.on_change),
          .on_displaced = std::move(environment.on_displaced)};
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
    return DecideNamed(request, shards.FindByName(request.shard), shards, now);
  }
  if (!request.has_key) return DecideAny(routing);
  if (request.may_name_shard) {
    const Shard* shard = ForcedShard(request, shards);
    if (shard != nullptr) return DecideNamed(request, shard, shards, now);
  }
  if (request.request_class == RequestClass::kPage) return DecidePage(request, routing, now);
  return Bind(request, routing, now);
}

Decision RoomDirectory::DecideNamed(const RoomRequest& request, const Shard* named,
                                    const ShardSet& shards, TimePoint now) {
  if (named == nullptr) return {.how = How::kUnknownShard};
  const Shard* available = named->KeepsRooms() ? named : nullptr;
  const Shard* home = nullptr;
  if (request.has_key && request.request_class != RequestClass::kPage) {
    home = BindUnlessAtHome(request, shards, now, [available] { return available; }).shard;
  } else {
    if (request.has_key) home = HomeOf(request, shards, now);
    if (home == nullptr) home = available;
  }
  if (home == nullptr) return {.how = How::kNoneEligible};
  return {.shard = home, .how = home == named ? How::kExplicit : How::kTable};
}

Decision RoomDirectory::DecidePage(const RoomRequest& request, const Routing& routing,
                                   TimePoint now) {
  const Shard* home = HomeOf(request, *routing.set, now);
  if (home != nullptr) return {.shard = home, .how = How::kTable};
  const auto* candidate = placement_.Foresee(request.key, routing.PlacesFor(request), table_);
  if (candidate == nullptr) return {.how = How::kNoneEligible};
  return {.shard = &routing.set->shards[candidate->position], .how = How::kHash};
}

const Shard* RoomDirectory::HomeOf(const RoomRequest& request, const ShardSet& shards,
                                   TimePoint now) const {
  const auto hit = table_.Find(request.key_namespace, request.key, now);
  const Shard* shard = hit ? shards.FindById(hit->shard) : nullptr;
  return shard != nullptr && shard->KeepsRooms() ? shard : nullptr;
}

Decision RoomDirectory::DecideAny(const Routing& routing) {
  const auto& rotation = routing.placement.rotation;
  if (rotation.empty()) return {.how = How::kNoneEligible};
  const uint64_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  return {.shard = &routing.set->shards[rotation[turn % rotation.size()]], .how = How::kAny};
}

Decision RoomDirectory::Bind(const RoomRequest& request, const Routing& routing, TimePoint now) {
  const ShardSet& shards = *routing.set;
  return BindUnlessAtHome(request, shards, now, [&]() -> const Shard* {
    const auto* candidate = placement_.Choose(request.key, routing.PlacesFor(request), table_);
    return candidate == nullptr ? nullptr : &shards.shards[candidate->position];
  });
}

template <class Place>
Decision RoomDirectory::BindUnlessAtHome(const RoomRequest& request, const ShardSet& shards,
                                         TimePoint now, const Place& place) {
  const Shard* shard = nullptr;
  const auto choose = [&](ShardId previous) {
    shard = shards.FindById(previous);
    if (shard != nullptr && shard->KeepsRooms()) return previous;
    shard = place();
    return shard == nullptr ? kNoShard : shard->id;
  };
  const auto hit =
      table_.FindOrBind(request.key_namespace, request.key, request.canonical, now, choose);
  if (shard == nullptr) return {.how = How::kNoneEligible};
  return {.shard = shard, .how = hit.inserted ? How::kPlaced : How::kTable};
}

}  // namespace room_router
