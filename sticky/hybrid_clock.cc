// SPDX-License-Identifier: Apache-2.0
#include "sticky/hybrid_clock.h"

#include <algorithm>

namespace room_router {
namespace {

constexpr unsigned kCounterBits = 16;

}  // namespace

HybridTime HybridClock::Wall(TimePoint now) const {
  const auto ran = std::chrono::duration_cast<std::chrono::milliseconds>(now - origin_).count();
  return (wall_ms_ + static_cast<uint64_t>(std::max<int64_t>(ran, 0))) << kCounterBits;
}

TimePoint HybridClock::When(HybridTime time) const {
  const auto wall_ms = static_cast<int64_t>(time >> kCounterBits);
  return origin_ + std::chrono::milliseconds(wall_ms - static_cast<int64_t>(wall_ms_));
}

// A counter that overflows carries into the milliseconds: still greater, and wall time catches up.
Stamp HybridClock::Next(TimePoint now) {
  const HybridTime wall = Wall(now);
  HybridTime last = last_.load(std::memory_order_relaxed);
  HybridTime next = 0;
  do {
    next = std::max(wall, last + 1);
  } while (!last_.compare_exchange_weak(last, next, std::memory_order_relaxed));
  return {.time = next, .replica = replica_};
}

bool HybridClock::Observe(HybridTime time, TimePoint now) {
  constexpr HybridTime kAhead = static_cast<HybridTime>(kMaxAhead.count()) << kCounterBits;
  if (time > Wall(now) + kAhead) return false;
  HybridTime last = last_.load(std::memory_order_relaxed);
  while (last < time && !last_.compare_exchange_weak(last, time, std::memory_order_relaxed)) {
  }
  return true;
}

}  // namespace room_router
