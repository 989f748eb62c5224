// SPDX-License-Identifier: Apache-2.0
#include "discovery/refresh_schedule.h"

#include <algorithm>

namespace room_router {
namespace {

// An authoritative "nothing" has no TTL of ours; CoreDNS caches it for 5 s.
constexpr Duration kAbsentTtl = std::chrono::seconds(5);

Duration Shorten(Duration delay, uint32_t random) {
  const auto tenth = static_cast<uint64_t>(delay.count()) / 10;
  return delay - Duration(static_cast<int64_t>(random % (tenth + 1)));
}

}  // namespace

Duration RefreshSchedule::After(const ServiceAnswer& answer, const config::ShardDiscovery& limits,
                                uint32_t random) {
  Duration delay = answer.outcome == LookupOutcome::kAbsent ? kAbsentTtl : answer.ttl;
  if (answer.outcome == LookupOutcome::kFailed) {
    delay = limits.refresh_min * (int64_t{1} << std::min(failures_, 16));
    ++failures_;
  } else {
    failures_ = 0;
  }
  const Duration highest = std::max(limits.refresh_min, limits.refresh_max);
  return Shorten(std::clamp(delay, limits.refresh_min, highest), random);
}

}  // namespace room_router
