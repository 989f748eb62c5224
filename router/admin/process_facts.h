// SPDX-License-Identifier: Apache-2.0
// What the system says about this process. Reads /proc and getrlimit; a fact it can't get is 0.
#pragma once

#include <cstdint>

namespace room_router::admin {

struct ProcessFacts {
  uint32_t pid = 0;
  uint64_t descriptors = 0, descriptor_limit = 0;
  uint64_t resident_bytes = 0;
  double cpu_seconds = 0;  // user and system
};

ProcessFacts ReadProcessFacts();
uint64_t ResidentBytes();

}  // namespace room_router::admin
