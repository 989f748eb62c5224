// SPDX-License-Identifier: Apache-2.0
// `limits`: bounds on what clients can use. Values; 0 = unlimited unless said otherwise.
//
// Those of one address count an IPv6 /64 as one. Connections are counted where they come from (TCP,
// or a PROXY header), never those of trusted proxies; requests of trusted proxies are counted at
// the client they name.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/clock.h"

namespace room_router::config {

// `amount` in every `period`, evenly; `burst` at once after a rest.
struct Rate {
  uint32_t amount = 0;
  Duration period{1000};
  uint32_t burst = 0;
  bool limited() const { return amount > 0; }
  friend bool operator==(const Rate&, const Rate&) = default;
};

struct Limits {
  uint64_t connections = 0;  // 0 = auto: from the descriptor limit
  uint64_t connections_per_ip = 0;
  Rate connection_rate, request_rate, conference_request_rate, upgrade_rate;  // of one address
  uint32_t pipelined_requests = 128;  // a client may have sent ahead of answers
  size_t memory = 0;                  // bytes; above it nobody is accepted; 0 = auto: the cgroup's
  size_t request_line = 16 << 10;     // bytes
  size_t header_bytes = 64 << 10;     // bytes, request line included
  size_t header_fields = 128;
  friend bool operator==(const Limits&, const Limits&) = default;
};

}  // namespace room_router::config
