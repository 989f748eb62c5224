// SPDX-License-Identifier: Apache-2.0
#include "discovery/alarm.h"

#include <utility>

namespace room_router {

Alarm::Alarm(boost::asio::io_context& io, std::function<void()> ring)
    : timer_(io), ring_(std::move(ring)) {}

void Alarm::Set(std::optional<TimePoint> when) {
  const uint64_t setting = ++*setting_;
  set_ = when.has_value();
  if (!when) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*when);
  timer_.async_wait(
      [this, setting, current = std::weak_ptr<uint64_t>(setting_)](const auto& error) {
        const auto latest = current.lock();
        if (error || !latest || *latest != setting) return;
        set_ = false;
        ring_();
      });
}

}  // namespace room_router
