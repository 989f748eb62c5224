// SPDX-License-Identifier: Apache-2.0
// How many client connections the process may have, and each of its listeners.
//
// Shared by the workers; thread-safe, without locks. What was taken is given back by whoever took
// it.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace room_router {

class ConnectionBudget {
 public:
  // `configured` = 0 derives the limit from the descriptor limit: a proxied connection needs two.
  ConnectionBudget(uint64_t configured, size_t listeners);

  bool Take() {
    if (used_.fetch_add(1, std::memory_order_relaxed) < limit()) return true;
    Give();
    return false;
  }
  void Give() { used_.fetch_sub(1, std::memory_order_relaxed); }
  // Of one listener, besides; `limit` 0 = unlimited.
  bool TakeOf(uint16_t listener, uint64_t limit) {
    const uint64_t before = listeners_[listener].fetch_add(1, std::memory_order_relaxed);
    if (limit == 0 || before < limit) return true;
    GiveOf(listener);
    return false;
  }
  void GiveOf(uint16_t listener) { listeners_[listener].fetch_sub(1, std::memory_order_relaxed); }

  // While held nobody is accepted: clients wait in the system's queue.
  void Hold(bool held) { held_.store(held, std::memory_order_relaxed); }
  bool held() const { return held_.load(std::memory_order_relaxed); }

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
  std::atomic<bool> held_{false};
  std::vector<std::atomic<uint64_t>> listeners_;
};

}  // namespace room_router
