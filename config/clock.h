// SPDX-License-Identifier: Apache-2.0
// Time as every pure part of the router sees it: a monotonic point handed in as an argument named
// `now`. Nothing below the I/O shells reads a clock.
#pragma once

#include <chrono>

namespace room_router {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = std::chrono::milliseconds;

}  // namespace room_router
