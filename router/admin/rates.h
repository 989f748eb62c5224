// SPDX-License-Identifier: Apache-2.0
// Events per second, from counters that somebody looks at now and then.
//
// A rate is the difference to a copy of the counters at least one second old; after a pause of half
// a minute there is no recent copy and the first look says 0. Maxima are of the rates that were
// seen. Pure: the caller brings the counters and the time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "config/clock.h"
#include "router/stats.h"

namespace room_router::admin {

struct Rate {
  uint32_t now = 0, max = 0;  // per second
};

struct Rates {
  std::vector<Rate> connections, requests;  // index = listener
  std::vector<Rate> endpoints;              // requests; index = EndpointId

  static Rate At(const std::vector<Rate>& rates, size_t index) {
    return index < rates.size() ? rates[index] : Rate{};
  }
};

class RateMeter {
 public:
  // `stats` are the sums of all workers.
  const Rates& Update(const WorkerStats& stats, TimePoint now);
  void ClearMaxima();  // they begin anew from the rates of now

 private:
  struct Sample {
    TimePoint time;
    std::vector<uint64_t> connections, requests, endpoints;
  };
  static Sample Take(const WorkerStats& stats, TimePoint now);

  std::optional<Sample> older_, newer_;
  Rates rates_;
};

}  // namespace room_router::admin
