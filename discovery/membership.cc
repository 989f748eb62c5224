// SPDX-License-Identifier: Apache-2.0
#include "discovery/membership.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace room_router {
namespace {

// A shard while it is being put together.
struct Draft {
  Member member;
  bool is_static = false;
  bool has_target = false;
  bool has_current = false;  // a target that is not obsolete has set weight and priority
};

using Drafts = std::map<std::string, Draft>;
using Owners = std::map<std::string, std::string>;  // address → a shard that has it now

struct Named {
  std::string shard;
  const std::string &service, &target;
  const HeldTarget& held;
};

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
    draft.member.places.push_back({address.ToString(), "", address, address.Ip()});
  }
}

void AddTarget(const std::string& target, const HeldTarget& held, Draft& draft) {
  Member& member = draft.member;
  const bool current = !held.obsolete_since;
  const bool first = !std::exchange(draft.has_target, true);
  if (!draft.is_static && (first || (current && !draft.has_current))) {
    member.weight = held.weight;
    member.priority = held.priority;
  } else if (!draft.is_static && current == draft.has_current) {
    member.weight = std::max(member.weight, held.weight);
    member.priority = std::min(member.priority, held.priority);
  }
  draft.has_current = draft.has_current || current;
  for (const SocketAddress& address : held.addresses) {
    member.places.push_back({target.substr(0, target.find('.')), std::string(NamespaceOf(target)),
                             address, target.substr(0, target.find_last_not_of('.') + 1)});
  }
}

std::vector<Named> NameTargets(const std::map<std::string, TargetHold>& services,
                               const ShardNaming& naming,
                               std::map<std::string, std::string>& advice) {
  std::vector<Named> targets;
  for (const auto& [service, hold] : services) {
    for (const auto& [key, held] : hold.targets()) {
      ShardNaming::Name name = naming(key.first);
      if (!name.advice.empty()) advice[key.first] = name.advice;
      if (!name.text.empty()) targets.push_back({std::move(name.text), service, key.first, held});
    }
  }
  return targets;
}

Owners OwnersOf(const std::vector<Named>& targets) {
  Owners owners;
  for (const Named& item : targets) {
    if (item.held.obsolete_since) continue;
    for (const SocketAddress& address : item.held.addresses) {
      owners[address.ToString()] = item.shard;
    }
  }
  return owners;
}

// Without the addresses of an obsolete target that another shard has by now.
HeldTarget WithoutReused(const Named& item, const Owners& owners) {
  HeldTarget held = item.held;
  if (!held.obsolete_since) return held;
  std::erase_if(held.addresses, [&](const SocketAddress& address) {
    const auto owner = owners.find(address.ToString());
    return owner != owners.end() && owner->second != item.shard;
  });
  return held;
}

void AddLabels(const Named& item, const TargetNaming& naming, Draft& draft) {
  if (draft.is_static) return;
  Member& member = draft.member;
  if (member.region.empty()) member.region = naming.region(item.service, item.target);
  if (member.release.empty()) member.release = naming.release(item.service, item.target);
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
  const std::vector<Named> targets = NameTargets(services, naming.name, result.advice);
  const Owners owners = OwnersOf(targets);
  for (const Named& item : targets) {
    Draft& draft = drafts[item.shard];
    AddTarget(item.target, WithoutReused(item, owners), draft);
    AddLabels(item, naming, draft);
  }
  for (auto& [name, draft] : drafts) {
    result.members.push_back(Finish(name, std::move(draft.member)));
  }
  return result;
}

}  // namespace room_router
