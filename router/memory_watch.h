// SPDX-License-Identifier: Apache-2.0
// Says when the process uses so much memory that nobody more should be let in.
//
// Looks once a second on the control thread. `on_change` is called with true when the limit is
// reached, with false when a twentieth of it is free again. Without a limit it never looks.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <string_view>

namespace room_router {

// The state of the gate after a look at `used` bytes of `limit`.
bool MemoryIsShort(bool was_short, uint64_t used, uint64_t limit);
// 90 % of what a cgroup file (memory.max) allows; 0 = no limit.
uint64_t MemoryLimitOf(std::string_view memory_max);

class MemoryWatch {
 public:
  using OnChange = std::function<void(bool is_short)>;

  MemoryWatch(boost::asio::io_context& control, OnChange on_change)
      : timer_(control), on_change_(std::move(on_change)) {}

  // limits.memory: bytes, or 0 for the cgroup's limit. Again after a reload.
  void Configure(uint64_t configured);
  void Stop();

  bool is_short() const { return short_; }
  uint64_t limit() const { return limit_; }  // bytes; 0 = none

 private:
  void Look();
  void Arm();

  boost::asio::steady_timer timer_;
  OnChange on_change_;
  uint64_t limit_ = 0;
  bool short_ = false, stopped_ = false;
};

}  // namespace room_router
