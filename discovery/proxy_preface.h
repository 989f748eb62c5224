// SPDX-License-Identifier: Apache-2.0
// What goes before all other bytes towards an endpoint that wants the PROXY protocol, version 2.
//
// Source: HAProxy's doc/proxy-protocol.txt §2.2; router/proxy_header reads it. Addresses of
// different families are both written as IPv6 ones, the IPv4 one mapped (RFC 4291 §2.5.5.2); of one
// that is not known nothing is said but that. Pure.
#pragma once

#include <string>

#include "config/socket_address.h"

namespace room_router {

// For a connection on behalf of `source`, which had connected to `destination`.
std::string ProxyPreface(const SocketAddress& source, const SocketAddress& destination);
// For one of the router's own: a health check.
std::string LocalProxyPreface();

}  // namespace room_router
