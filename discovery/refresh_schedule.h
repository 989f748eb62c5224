// SPDX-License-Identifier: Apache-2.0
// When to ask DNS for one service name again.
//
// Pure; randomness is handed in. After an answer: its TTL clamped to [refresh.min, refresh.max].
// After failures in a row: refresh.min doubled each time up to refresh.max. Every delay is then
// shortened by up to a tenth, so that replicas do not ask in step.
#pragma once

#include <cstdint>

#include "config/clock.h"
#include "config/config.h"
#include "discovery/resolver.h"

namespace room_router {

class RefreshSchedule {
 public:
  // `random` is uniform over 32 bits.
  Duration After(const ServiceAnswer& answer, const config::ShardDiscovery& limits,
                 uint32_t random);
  int failures() const { return failures_; }  // in a row

 private:
  int failures_ = 0;
};

}  // namespace room_router
