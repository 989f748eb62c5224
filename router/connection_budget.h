// SPDX-License-Identifier: Apache-2.0
// How many client connections the process may have, shared by its workers. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace room_router {

class ConnectionBudget {
 public:
  // `configured` = 0 derives the limit from the descriptor limit: a proxied connection needs two.
  explicit ConnectionBudget(uint64_t configured);

  bool Take() {
    if (used_.fetch_add(1, std::memory_order_relaxed) < limit_) return true;
    Give();
    return false;
  }
  void Give() { used_.fetch_sub(1, std::memory_order_relaxed); }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t limit() const { return limit_; }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};

}  // namespace room_router
