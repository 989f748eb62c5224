// SPDX-License-Identifier: Apache-2.0
// Which endpoint is to be checked when.
//
// Pure; time is handed in, randomness seeded. A new endpoint is due at once, then every `interval`
// shortened by up to a tenth, counted from the start of its last check, so that checks spread out.
// At most `at_once` checks run; beyond it the longest due waits for the next free place.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"

namespace room_router {

class CheckSchedule {
 public:
  CheckSchedule(size_t at_once, uint32_t seed) : at_once_(at_once), random_(seed) {}

  void SetInterval(Duration interval) { interval_ = interval; }
  // From now on exactly these. A check of a dropped endpoint still has to be finished.
  void Follow(const std::vector<EndpointId>& endpoints, TimePoint now);
  bool Follows(EndpointId endpoint) const;
  // Not later than `due`. While a check runs, this is about the one after it.
  void Hasten(EndpointId endpoint, TimePoint due);

  // The next one to check now, which then counts as running until Finish.
  std::optional<EndpointId> Start(TimePoint now);
  void Finish(EndpointId endpoint);
  // When Start is worth calling; nullopt = nothing waits, or everything waits for a Finish.
  std::optional<TimePoint> NextDeadline() const;
  size_t running() const { return running_; }

 private:
  struct Item {
    TimePoint due;
    bool running = false, followed = true;
  };

  size_t at_once_;
  std::minstd_rand random_;
  Duration interval_ = std::chrono::seconds(2);
  size_t running_ = 0;
  std::map<EndpointId, Item> items_;
  std::set<std::pair<TimePoint, EndpointId>> waiting_;  // followed and not running
};

}  // namespace room_router
