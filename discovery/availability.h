// SPDX-License-Identifier: Apache-2.0
// How often something went down and for how long, as HAProxy counts it: of an endpoint, or of all
// shards together.
//
// A value; time is an argument. It is up until it is seen down. `failed_checks` are those of a
// server that was not down yet.
#pragma once

#include <cstdint>

#include "config/clock.h"

namespace room_router {

struct Availability {
  uint32_t failed_checks = 0, times_down = 0;
  bool down = false;
  TimePoint since{};              // `down` has been what it is; zero = from the start
  Clock::duration down_before{};  // what is over

  void See(bool down_now, TimePoint now) {
    if (down_now == down) return;
    if (down_now) ++times_down;
    down_before = DownFor(now);
    down = down_now;
    since = now;
  }
  Clock::duration DownFor(TimePoint now) const {
    return down ? down_before + (now - since) : down_before;
  }

  friend bool operator==(const Availability&, const Availability&) = default;
};

}  // namespace room_router
