// SPDX-License-Identifier: Apache-2.0
#include "router/split_healer.h"

#include <algorithm>

namespace room_router {

void SplitHealer::Add(Room room, TimePoint now) {
  room.found = now;
  const Duration spread =
      std::clamp(kPerRoom * static_cast<int64_t>(rooms_.size()), kLeast, kSpread);
  std::uniform_int_distribution<Duration::rep> delay(0, spread.count());
  rooms_.emplace(now + Duration(delay(random_)), room);
}

std::vector<SplitHealer::Room> SplitHealer::TakeDue(TimePoint now) {
  std::vector<Room> due;
  const auto end = rooms_.upper_bound(now);
  for (auto at = rooms_.begin(); at != end; ++at) due.push_back(at->second);
  rooms_.erase(rooms_.begin(), end);
  return due;
}

std::optional<TimePoint> SplitHealer::NextDeadline() const {
  if (rooms_.empty()) return {};
  return rooms_.begin()->first;
}

}  // namespace room_router
