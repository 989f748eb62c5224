// SPDX-License-Identifier: Apache-2.0
// Timeouts without a timer per connection: one intrusive FIFO list per class.
//
// All members of a class wait equally long, so the list is ordered by age and expiring costs only
// what has expired. Arming, re-arming and disarming are O(1) and touch no heap. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "config/clock.h"

namespace room_router {

enum class TimeoutClass : uint8_t {
  kClientHeader,    // first byte of a head → whole head
  kClientIdle,      // between requests, or a body or reader without progress
  kConnect,         // towards a shard
  kServerResponse,  // request sent → response head; also between response bytes
  kTunnelIdle,
  kHalfClosed,    // a tunnel with one direction ended
  kUpstreamIdle,  // in the pool
  kLinger,        // response sent, the client's surplus bytes are being discarded
  kCount
};

class TimeoutQueue;

class Timed {
 public:
  virtual ~Timed();  // disarms
  virtual void OnTimeout(TimeoutClass timeout) = 0;
  bool WaitsFor(TimeoutClass timeout) const { return queue_ != nullptr && class_ == timeout; }

 private:
  friend class TimeoutQueue;
  TimeoutQueue* queue_ = nullptr;  // null = not armed
  Timed *previous_ = nullptr, *next_ = nullptr;
  TimePoint since_;
  TimeoutClass class_{};
};

class TimeoutQueue {
 public:
  static constexpr size_t kClasses = static_cast<size_t>(TimeoutClass::kCount);

  ~TimeoutQueue();
  void SetDuration(TimeoutClass timeout, Duration duration);
  // (Re)starts the wait of `timed` in this class; it is in one class at a time.
  void Arm(Timed& timed, TimeoutClass timeout, TimePoint now);
  void Disarm(Timed& timed);
  // Disarms and calls everyone whose wait is over.
  void Expire(TimePoint now);
  bool empty() const { return armed_ == 0; }

 private:
  struct List {
    Timed *first = nullptr, *last = nullptr;
    Duration duration{0};
  };
  std::array<List, kClasses> lists_;
  size_t armed_ = 0;
};

}  // namespace room_router
