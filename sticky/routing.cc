// SPDX-License-Identifier: Apache-2.0
#include "sticky/routing.h"

#include <set>
#include <utility>

#include "sticky/query.h"

namespace room_router {
namespace {

using Kind = PinTarget::Kind;

constexpr std::string_view kReleaseParameter = "release";
// lib-jitsi-meet asks for "release-5142" where the shard calls itself "5142".
constexpr std::string_view kReleasePrefix = "release-";

std::set<PinTarget> Targets(const ShardSet& shards, const RoomRules& rules) {
  std::set<PinTarget> targets;
  for (const Shard& shard : shards.shards) {
    if (!shard.release.empty()) targets.insert({Kind::kRelease, shard.release});
  }
  for (const RuleScope scope : {RuleScope::kRoom, RuleScope::kPrefix, RuleScope::kTenant}) {
    for (const auto& [name, target] : rules.pins.Of(scope)) targets.insert(target);
  }
  return targets;
}

}  // namespace

const PlacementView& Routing::PlacesFor(const RoomRequest& room) const {
  if (within.empty()) return placement;
  if (const PinTarget* pin = rules->pins.Find(room)) {
    const auto found = within.find(*pin);
    return found == within.end() ? placement : found->second;
  }
  std::string_view release;
  if (!QueryParameter(room.query, kReleaseParameter).Next(release)) return placement;
  auto found = within.find({Kind::kRelease, std::string(release)});
  if (found == within.end() && release.starts_with(kReleasePrefix)) {
    release.remove_prefix(kReleasePrefix.size());
    found = within.find({Kind::kRelease, std::string(release)});
  }
  return found == within.end() ? placement : found->second;
}

Routing MakeRouting(ShardSetPtr set, RoomRulesPtr rules, std::string_view own_region) {
  Routing routing{.set = std::move(set), .placement = {}, .rules = std::move(rules), .within = {}};
  routing.placement = MakePlacementView(*routing.set, own_region);
  for (const PinTarget& target : Targets(*routing.set, *routing.rules)) {
    PlacementView view = MakePlacementView(*routing.set, own_region,
                                           [&](const Shard& shard) { return target.Has(shard); });
    if (!view.candidates.empty()) routing.within.emplace(target, std::move(view));
  }
  return routing;
}

}  // namespace room_router
