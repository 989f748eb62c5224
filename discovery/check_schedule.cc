// SPDX-License-Identifier: Apache-2.0
#include "discovery/check_schedule.h"

namespace room_router {

void CheckSchedule::Follow(const std::vector<EndpointId>& endpoints, TimePoint now) {
  const std::set<EndpointId> wanted(endpoints.begin(), endpoints.end());
  for (auto it = items_.begin(); it != items_.end();) {
    Item& item = it->second;
    item.followed = wanted.contains(it->first);
    if (!item.followed) waiting_.erase({item.due, it->first});
    it = item.followed || item.running ? std::next(it) : items_.erase(it);
  }
  for (const EndpointId endpoint : wanted) {
    const auto [item, added] = items_.try_emplace(endpoint, Item{.due = now});
    if (added) waiting_.insert({item->second.due, endpoint});
  }
}

bool CheckSchedule::Follows(EndpointId endpoint) const {
  const auto item = items_.find(endpoint);
  return item != items_.end() && item->second.followed;
}

void CheckSchedule::Hasten(EndpointId endpoint, TimePoint due) {
  const auto found = items_.find(endpoint);
  if (found == items_.end() || found->second.due <= due) return;
  if (waiting_.erase({found->second.due, endpoint}) > 0) waiting_.insert({due, endpoint});
  found->second.due = due;
}

std::optional<EndpointId> CheckSchedule::Start(TimePoint now) {
  if (running_ >= at_once_ || waiting_.empty() || waiting_.begin()->first > now) {
    return std::nullopt;
  }
  const EndpointId endpoint = waiting_.begin()->second;
  waiting_.erase(waiting_.begin());
  Item& item = items_.at(endpoint);
  item.running = true;
  ++running_;
  const auto tenth = static_cast<uint64_t>(interval_.count()) / 10;
  item.due = now + interval_ - Duration(static_cast<int64_t>(random_() % (tenth + 1)));
  return endpoint;
}

void CheckSchedule::Finish(EndpointId endpoint) {
  const auto found = items_.find(endpoint);
  if (found == items_.end() || !found->second.running) return;
  --running_;
  found->second.running = false;
  if (found->second.followed) {
    waiting_.insert({found->second.due, endpoint});
  } else {
    items_.erase(found);
  }
}

std::optional<TimePoint> CheckSchedule::NextDeadline() const {
  if (running_ >= at_once_ || waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

}  // namespace room_router
