// SPDX-License-Identifier: Apache-2.0
// What all parts of the gossip core share: settings, counters and chance. One owner (Gossip).
#pragma once

#include <cstddef>
#include <random>

#include "config/clock.h"
#include "sticky/gossip_types.h"

namespace room_router::gossip {

struct Context {
  const GossipSettings& settings;
  GossipStats& stats;
  std::mt19937_64& random;

  size_t Below(size_t count) const {  // of 0 … count - 1; count > 0
    return std::uniform_int_distribution<size_t>(0, count - 1)(random);
  }
  Duration Between(Duration least, Duration most) const {
    return Duration(
        std::uniform_int_distribution<Duration::rep>(least.count(), most.count())(random));
  }
  // ± 25 %, so that replicas don't act in step.
  Duration Jittered(Duration usual) const { return Between(usual * 3 / 4, usual * 5 / 4); }
};

}  // namespace room_router::gossip
