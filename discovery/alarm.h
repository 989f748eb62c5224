// SPDX-License-Identifier: Apache-2.0
// One timer that calls one function, and can be set again and again.
//
// Never calls back once cancelled or destroyed, not even if it had expired and its handler was
// queued already. One io_context thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "config/clock.h"

namespace room_router {

class Alarm {
 public:
  Alarm(boost::asio::io_context& io, std::function<void()> ring);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void Set(std::optional<TimePoint> when);  // instead of any earlier setting; nullopt = cancel
  void Cancel() { Set(std::nullopt); }
  bool is_set() const { return set_; }

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> ring_;
  std::shared_ptr<uint64_t> setting_ = std::make_shared<uint64_t>(0);  // counts calls of Set
  bool set_ = false;
};

}  // namespace room_router
