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
    if (used_.fetch_add(1, std::memory_order_relaxed) < limit()) return true;
    Give();
    return false;
  }
  void Give() { used_.fetch_sub(1, std::memory_order_relaxed); }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // What the descriptor limit allows, or the configured limit when that is more.
  uint64_t hard_limit() const { return hard_limit_; }
  // Those who are connected stay, however many.
  void SetLimit(uint64_t limit) { limit_.store(limit, std::memory_order_relaxed); }

 private:
  const uint64_t hard_limit_;
  std::atomic<uint64_t> limit_;
  std::atomic<uint64_t> used_{0};
};

}  // namespace room_router
