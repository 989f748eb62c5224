// SPDX-License-Identifier: Apache-2.0
// A hybrid logical clock: timestamps near wall time that never contradict cause and effect.
//
// Every stamp handed out is greater than all handed out or observed before, whatever the clocks of
// the other replicas say. Wall time is taken once, at construction, and runs on with the monotonic
// clock: a step of the system's clock changes nothing here. Thread-safe, lock-free, ~10 ns.
// Source: Kulkarni et al., Logical Physical Clocks, 2014.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>

#include "config/clock.h"

namespace room_router {

// 48 bits of milliseconds since the Unix epoch, then 16 bits that count within one.
using HybridTime = uint64_t;

struct Stamp {
  HybridTime time = 0;
  uint64_t replica = 0;  // who made it; makes stamps of different replicas differ

  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

class HybridClock {
 public:
  // Replicas whose clocks differ by more are not believed.
  static constexpr Duration kMaxAhead = std::chrono::hours(1);

  // `wall_ms`: milliseconds since the Unix epoch at the moment `now`.
  HybridClock(uint64_t replica, uint64_t wall_ms, TimePoint now)
      : replica_(replica), wall_ms_(wall_ms), origin_(now) {}

  Stamp Next(TimePoint now);
  // A stamp of another replica was seen. False, and nothing happens, when it is from further in the
  // future than kMaxAhead.
  bool Observe(HybridTime time, TimePoint now);

  // When it was here, as far as the clocks of the replicas agree.
  TimePoint When(HybridTime time) const;

  uint64_t replica() const { return replica_; }

 private:
  HybridTime Wall(TimePoint now) const;

  const uint64_t replica_, wall_ms_;
  const TimePoint origin_;
  std::atomic<HybridTime> last_{0};
};

}  // namespace room_router
