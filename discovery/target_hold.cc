// SPDX-License-Identifier: Apache-2.0
#include "discovery/target_hold.h"

#include <algorithm>
#include <set>

namespace room_router {
namespace {

constexpr double kEqualWeight = 100;

// What `held` knows of families that a partial answer lacks.
void KeepOtherFamily(const std::vector<SocketAddress>& held, std::vector<SocketAddress>& fresh) {
  std::set<int> families;
  for (const SocketAddress& address : fresh) families.insert(address.family());
  std::copy_if(held.begin(), held.end(), std::back_inserter(fresh),
               [&](const SocketAddress& a) { return !families.contains(a.family()); });
}

}  // namespace

std::vector<std::string> TargetHold::Receive(const ServiceAnswer& answer, TimePoint now) {
  last_outcome_ = answer.outcome;
  if (answer.outcome == LookupOutcome::kFailed) return {};
  answered_ = true;
  std::set<Key> before;
  for (auto& [key, target] : targets_) {
    if (!target.obsolete_since) before.insert(key);
    if (!target.obsolete_since) target.obsolete_since = now;
  }
  std::map<int, unsigned> total_weight;
  for (const ServiceTarget& target : answer.targets) total_weight[target.priority] += target.weight;
  for (const ServiceTarget& target : answer.targets) {
    Take(target, total_weight[target.priority] == 0 ? kEqualWeight : target.weight);
  }
  DropOldPorts();
  std::vector<std::string> lost;
  for (const Key& key : before) {
    const auto held = targets_.find(key);
    if (held != targets_.end() && held->second.obsolete_since) lost.push_back(key.first);
  }
  return lost;
}

void TargetHold::DropOldPorts() {
  std::set<std::string> answered;
  for (const auto& [key, target] : targets_) {
    if (!target.obsolete_since) answered.insert(key.first);
  }
  std::erase_if(targets_, [&](const auto& item) {
    return item.second.obsolete_since && answered.contains(item.first.first);
  });
}

void TargetHold::Take(const ServiceTarget& target, double weight) {
  const Key key(target.name, target.port);
  const auto held = targets_.find(key);
  std::vector<SocketAddress> addresses = target.addresses;
  if (target.partial && held != targets_.end()) KeepOtherFamily(held->second.addresses, addresses);
  if (addresses.empty()) return;
  HeldTarget& kept = targets_[key];
  kept = {.priority = target.priority,
          .weight = weight,
          .addresses = std::move(addresses),
          .obsolete_since = std::nullopt};
}

bool TargetHold::Tick(Duration hold, TimePoint now) {
  return std::erase_if(targets_, [&](const auto& item) {
           return item.second.obsolete_since && now >= *item.second.obsolete_since + hold;
         }) > 0;
}

std::optional<TimePoint> TargetHold::NextDeadline(Duration hold) const {
  std::optional<TimePoint> next;
  for (const auto& [key, target] : targets_) {
    if (!target.obsolete_since) continue;
    next = std::min(next.value_or(TimePoint::max()), *target.obsolete_since + hold);
  }
  return next;
}

}  // namespace room_router
