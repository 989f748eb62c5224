// SPDX-License-Identifier: Apache-2.0
#include "discovery/membership.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace room_router {
namespace {

// A shard while it is being put together.
struct Draft {
  Member member;
  bool is_static = false;
  bool has_current = false;  // a target that is not obsolete has set weight and priority
};

using Drafts = std::map<std::string, Draft>;

void AddStatic(const config::StaticShard& item, Drafts& drafts) {
  Draft& draft = drafts[item.name];
  if (!draft.is_static) {
    draft.member.weight = item.weight;
    draft.member.priority = item.priority;
    draft.member.region = item.region;
    draft.member.release = item.release;
  }
  draft.is_static = true;
  for (const SocketAddress& address : item.addresses) {
    draft.member.places.push_back({address.ToString(), "", address});
  }
}

void AddTarget(const std::string& target, const HeldTarget& held, Draft& draft) {
  Member& member = draft.member;
  const bool current = !held.obsolete_since;
  const bool first = member.places.empty();
  if (!draft.is_static && (first || (current && !draft.has_current))) {
    member.weight = held.weight;
    member.priority = held.priority;
  } else if (!draft.is_static && current == draft.has_current) {
    member.weight = std::max(member.weight, held.weight);
    member.priority = std::min(member.priority, held.priority);
  }
  draft.has_current = draft.has_current || current;
  for (const SocketAddress& address : held.addresses) {
    member.places.push_back(
        {target.substr(0, target.find('.')), std::string(NamespaceOf(target)), address});
  }
}

Member Finish(const std::string& name, Member member) {
  member.shard = name;
  const auto order = [](const Member::Place& place) {
    return std::tuple(place.name, place.address.ToString());
  };
  auto& places = member.places;
  // One address under two names (a host in two services) is one endpoint: the first name stays.
  std::sort(places.begin(), places.end(), [&](const auto& a, const auto& b) {
    return std::tuple(a.address.ToString(), a.name) < std::tuple(b.address.ToString(), b.name);
  });
  places.erase(std::unique(places.begin(), places.end(),
                           [](const auto& a, const auto& b) { return a.address == b.address; }),
               places.end());
  std::sort(places.begin(), places.end(),
            [&](const auto& a, const auto& b) { return order(a) < order(b); });
  return member;
}

}  // namespace

Membership JoinMembers(const std::vector<config::StaticShard>& static_shards,
                       const std::map<std::string, TargetHold>& services,
                       const TargetNaming& naming) {
  Membership result;
  Drafts drafts;
  for (const config::StaticShard& item : static_shards) AddStatic(item, drafts);
  for (const auto& [service, hold] : services) {
    for (const auto& [key, held] : hold.targets()) {
      const ShardNaming::Name name = naming.name(key.first);
      if (!name.advice.empty()) result.advice[key.first] = name.advice;
      if (name.text.empty()) continue;
      Draft& draft = drafts[name.text];
      AddTarget(key.first, held, draft);
      Member& member = draft.member;
      if (draft.is_static) continue;
      if (member.region.empty()) member.region = naming.region(service, key.first);
      if (member.release.empty()) member.release = naming.release(service, key.first);
    }
  }
  for (auto& [name, draft] : drafts) {
    result.members.push_back(Finish(name, std::move(draft.member)));
  }
  return result;
}

}  // namespace room_router
