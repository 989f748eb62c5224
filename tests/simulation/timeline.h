// SPDX-License-Identifier: Apache-2.0
// Virtual time: events in the order of their time, and of their making where that is equal.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "config/clock.h"

namespace room_router::simulation {

class Timeline {
 public:
  TimePoint now() const { return now_; }

  void At(TimePoint when, std::function<void()> what) {
    events_.push({.when = std::max(when, now_), .number = ++made_, .what = std::move(what)});
  }
  void In(Clock::duration delay, std::function<void()> what) { At(now_ + delay, std::move(what)); }

  void RunUntil(TimePoint end) {
    while (!events_.empty() && events_.top().when <= end) {
      // The queue gives its top away only as a constant.
      auto what = std::move(const_cast<Event&>(events_.top()).what);
      now_ = events_.top().when;
      events_.pop();
      what();
    }
    now_ = end;
  }

 private:
  struct Event {
    TimePoint when;
    uint64_t number = 0;
    std::function<void()> what;

    bool operator<(const Event& other) const {
      return std::pair(other.when, other.number) < std::pair(when, number);
    }
  };

  TimePoint now_{std::chrono::hours(1000)};
  uint64_t made_ = 0;
  std::priority_queue<Event> events_;
};

}  // namespace room_router::simulation
