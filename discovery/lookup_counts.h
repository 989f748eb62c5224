// SPDX-License-Identifier: Apache-2.0
// What became of the questions to DNS, since start. One per name and type asked for; tries of one
// question at several servers are not told apart, except that each that got no answer in time is a
// timeout. Plain numbers of the control thread.
#pragma once

#include <cstdint>

namespace room_router {

struct LookupCounts {
  uint64_t sent = 0;
  uint64_t found = 0, absent = 0;  // absent: no such name, or no record of the type
  uint64_t timeouts = 0;
  uint64_t refused = 0;  // every server refused, failed or is not there
  uint64_t malformed = 0;
  uint64_t not_asked = 0;  // resolv.conf unreadable, no socket, no memory
  uint64_t other = 0;
};

}  // namespace room_router
