// SPDX-License-Identifier: Apache-2.0
// What one DNS answer says of a service: its targets, with the addresses that came along.
//
// Pure. At most kMaxTargets targets, best priority first; the root as target means there is none
// (RFC 2782). The ttl is the smallest of the records used. Targets without addresses are left to be
// looked up.
#pragma once

#include "discovery/dns_answer.h"
#include "discovery/resolver.h"

namespace room_router {

inline constexpr size_t kMaxTargets = 4096;

ServiceAnswer TakeServices(DnsAnswer answer);

}  // namespace room_router
