// SPDX-License-Identifier: Apache-2.0
// Runs a test's io_context until something is true, without sleeping.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>

namespace room_router::test {

// False when it has not become true after a time no working program needs.
template <class Condition>
bool RunUntil(boost::asio::io_context& io, Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  io.restart();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    if (io.run_one_until(give_up) == 0 && !condition()) return false;
  }
  return true;
}

}  // namespace room_router::test
