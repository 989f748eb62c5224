// SPDX-License-Identifier: Apache-2.0
// One generation of the configuration as the data plane uses it; immutable, shared by all workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/client_tls.h"
#include "config/config.h"
#include "config/server_tls.h"
#include "router/http/head.h"
#include "router/http/rewrite.h"
#include "router/proxy_error.h"
#include "sticky/room_key.h"

namespace room_router {

struct ConfigSnapshot {
  // `tickets` seal the sessions of listeners without keys of their own.
  explicit ConfigSnapshot(config::Config loaded, ServerTls::Tickets tickets = nullptr);

  config::Config config;
  RoomKeyReader keys;
  http::HeadRewriter heads;
  ErrorPages errors;
  http::HeadLimits limits;
  std::vector<std::string> listener_ports;                     // decimal, index = listener
  std::vector<std::string> listener_names;                     // as statistics and logs call them
  std::vector<std::shared_ptr<const ServerTls>> listener_tls;  // null = without TLS
  std::shared_ptr<const ClientTls> shard_tls;                  // likewise

  bool limits_requests = false;  // some rate of requests is limited

  bool Trusts(const SocketAddress& peer) const;
};

}  // namespace room_router
