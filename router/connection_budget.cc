// SPDX-License-Identifier: Apache-2.0
#include "router/connection_budget.h"

#include <sys/resource.h>

#include <algorithm>

namespace room_router {
namespace {

// Kept back for listeners, logs, DNS, health checks and the admin plane.
constexpr uint64_t kReserve = 128;

uint64_t FromDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = 1024;
  const uint64_t descriptors = std::min<uint64_t>(limit.rlim_cur, uint64_t{1} << 24);
  return descriptors > 2 * kReserve ? (descriptors - kReserve) / 2 : descriptors / 4;
}

}  // namespace

ConnectionBudget::ConnectionBudget(uint64_t configured, size_t listeners)
    : hard_limit_(std::max(configured, FromDescriptorLimit())),
      limit_(configured != 0 ? configured : hard_limit_),
      listeners_(listeners) {}

}  // namespace room_router
