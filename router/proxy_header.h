// SPDX-License-Identifier: Apache-2.0
// The PROXY protocol's header, versions 1 (text) and 2 (binary): for whom a proxy connected.
//
// Source: HAProxy's doc/proxy-protocol.txt. Stricter than it: text without leading zeros or doubled
// spaces, TLVs that end where the header ends, CRC32c checked when there is one, datagrams refused.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/socket_address.h"

namespace room_router {

struct ProxyHeader {
  static constexpr size_t kMaxSize = 4096;  // bytes; longer ones are refused

  // Empty: the proxy speaks for itself (a health check), or does not say.
  SocketAddress source;
  size_t size = 0;  // bytes before the first of the connection's own
};

enum class ProxyHeaderStatus : uint8_t { kIncomplete, kMalformed, kComplete };

// From the first bytes of a connection. `header` is set when complete.
ProxyHeaderStatus ParseProxyHeader(std::string_view bytes, ProxyHeader& header);

}  // namespace room_router
