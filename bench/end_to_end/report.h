// SPDX-License-Identifier: Apache-2.0
// One run as one line of JSON: requests/s, the proxy's CPU per request, latencies, faults,
// calibration. Pure; sorts the latencies it is given.
#pragma once

#include <string>

#include "bench/end_to_end/measurement.h"
#include "bench/end_to_end/options.h"

namespace room_router::bench {

std::string ToJson(const Options& options, Measured& measured);

}  // namespace room_router::bench
