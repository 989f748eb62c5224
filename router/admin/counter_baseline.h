// SPDX-License-Identifier: Apache-2.0
// Counters since somebody cleared them, while the counters themselves go on: what HAProxy's
// commands show can begin anew, metrics can't. Gauges and maxima are as they are. Pure.
#pragma once

#include "router/stats.h"

namespace room_router::admin {

WorkerStats Since(const WorkerStats& stats, const WorkerStats& baseline);

}  // namespace room_router::admin
