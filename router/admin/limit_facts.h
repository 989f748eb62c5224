// SPDX-License-Identifier: Apache-2.0
// How far the limits on clients are used up now. Values.
#pragma once

#include <cstddef>
#include <cstdint>

namespace room_router::admin {

struct LimitFacts {
  uint64_t connections = 0;                    // of clients
  size_t addresses = 0, address_capacity = 0;  // in the table of client addresses
  uint64_t uncounted = 0;                      // that found no place in it
  uint64_t memory_limit = 0;                   // bytes; 0 = none
  bool memory_short = false;                   // nobody is accepted
};

}  // namespace room_router::admin
