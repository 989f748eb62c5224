// SPDX-License-Identifier: Apache-2.0
// One configured check filled in for one endpoint: whom to ask, what to send, what to make of the
// answer.
//
// Pure. tcp and agent go to `host` (the endpoint's address by default) and `port` (its own). In
// the url {address} is the endpoint's "ip:port", or its ip alone when a ':' and a port
// follow; {shard} and {namespace} are text. https:// is spoken with TLS, and so is what the tcp
// check says to the endpoint itself where shards speak it. nullopt = the filled-in url is none.
// Statuses in `soft` are a soft failure, those in `expect` pass, others fail. RFC 9112 §4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "discovery/catalog.h"
#include "discovery/endpoint_health.h"

namespace room_router {

struct CheckTarget {
  SocketAddress address;  // empty: `host` has to be resolved
  std::string host;       // a name, or the text of the address
  uint16_t port = 0;
  std::string request;  // what is said first; may be nothing
  bool https = false;
  bool own_host = true;  // it is the endpoint's host that is asked
  bool own = false;      // and its port
};

std::optional<CheckTarget> FillIn(const config::HealthCheck& check, const CheckSubject& subject);

// "HTTP/1.1 503 Service Unavailable" → 503; nullopt when it is no status line.
std::optional<int> StatusOf(std::string_view line);
Health Judge(const config::HealthCheck& check, int status);

}  // namespace room_router
