// SPDX-License-Identifier: Apache-2.0
#include "router/restart_needed.h"

#include <algorithm>

namespace room_router {

std::vector<config::Listener> WithCertificates(std::vector<config::Listener> bound,
                                               const std::vector<config::Listener>& wanted) {
  for (config::Listener& listener : bound) {
    const auto same = std::ranges::find(wanted, listener.address, &config::Listener::address);
    if (same == wanted.end() || same->tls.enabled() != listener.tls.enabled()) continue;
    listener.tls = same->tls;
  }
  return bound;
}

std::vector<std::string> RestartNeeded(const config::Config& running, config::Config wanted) {
  std::vector<std::string> names;
  const auto compare = [&names](const char* name, const auto& a, const auto& b) {
    if (!(a == b)) names.emplace_back(name);
  };
  wanted.stick_table.size = running.stick_table.size;  // taken at once
  wanted.admin.token_file = running.admin.token_file;
  wanted.stick_table.heal_close = running.stick_table.heal_close;
  compare("node", running.node, wanted.node);
  compare("process", running.process, wanted.process);
  compare("listeners", WithCertificates(running.listeners, wanted.listeners), wanted.listeners);
  compare("admin", running.admin, wanted.admin);
  compare("limits.connections", running.limits.connections, wanted.limits.connections);
  compare("placement", running.placement, wanted.placement);
  compare("stick_table", running.stick_table, wanted.stick_table);
  compare("peers.listen", running.peers.listen, wanted.peers.listen);
  compare("peers.cluster", running.peers.cluster, wanted.peers.cluster);
  const config::Peers &now = running.peers, &then = wanted.peers;
  compare("peers.haproxy.listen", now.haproxy_listen, then.haproxy_listen);
  compare("peers.haproxy.local_name", now.haproxy_local_name, then.haproxy_local_name);
  compare("peers.haproxy.server_key", now.haproxy_server_key, then.haproxy_server_key);
  compare("peers.haproxy.peers", now.haproxy_peers, then.haproxy_peers);
  compare("logging.access", running.logging.access, wanted.logging.access);
  return names;
}

}  // namespace room_router
