// SPDX-License-Identifier: Apache-2.0
// The limits of the configuration held against one client: may it connect, may it ask this?
//
// Thread-safe as AddressLimits is. Clients that come through trusted proxies are known by the last
// address of X-Forwarded-For that is not a trusted proxy itself; proxies are never limited.
#pragma once

#include <optional>

#include "router/address_limits.h"
#include "router/config_snapshot.h"
#include "router/http/head.h"
#include "router/stats.h"

namespace room_router {

struct Entrance {
  std::optional<Refusal> refusal{};
  Duration wait{0};      // until one more connection is within the rate
  bool counted = false;  // to be given back with AddressLimits::GiveConnection
};
// A new connection from `peer`, which is not a trusted proxy.
Entrance Enter(AddressLimits& addresses, const SocketAddress& peer, const config::Limits& limits,
               TimePoint now);

// Who sends a request: the address of the connection, and whether it is a trusted proxy's.
struct Asker {
  AddressLimits& addresses;
  AddressKey key;
  bool trusted;
};
struct RateVerdict {
  Refusal refusal = Refusal::kRequestRate;
  Duration wait{0};  // zero: go on
};
RateVerdict TakeRequest(const Asker& asker, const http::RequestHead& head,
                        const ConfigSnapshot& config, TimePoint now);

// Who asks, as the fields of trusted proxies tell; nullopt: they do not.
std::optional<SocketAddress> ClientNamedIn(const http::RequestHead& head,
                                           const ConfigSnapshot& config);
// POST …/conference-request/…, however the path is written.
bool IsConferenceRequest(const http::RequestHead& head);

}  // namespace room_router
