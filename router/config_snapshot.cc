// SPDX-License-Identifier: Apache-2.0
#include "router/config_snapshot.h"

#include <algorithm>

#include "router/admin/admin_view.h"

namespace room_router {

ConfigSnapshot::ConfigSnapshot(config::Config loaded, ServerTls::Tickets tickets)
    : config(std::move(loaded)),
      keys(config.room_key),
      heads(config.headers, config.node.region),
      errors(config.error_bodies),
      limits{.first_line = config.limits.request_line,
             .head = config.limits.header_bytes,
             .fields = config.limits.header_fields} {
  limits_requests = config.limits.request_rate.limited() || config.limits.upgrade_rate.limited() ||
                    config.limits.conference_request_rate.limited();
  std::string problem;  // the loader has tried
  if (config.shards.tls.enabled) shard_tls = ClientTls::Make(config.shards.tls, problem);
  for (const auto& listener : config.listeners) {
    listener_ports.push_back(std::to_string(listener.address.port()));
    listener_names.push_back(admin::ListenerName(listener_names.size()));
    listener_tls.push_back(listener.tls.enabled() ? ServerTls::Make(listener.tls, tickets, problem)
                                                  : nullptr);
  }
}

bool ConfigSnapshot::Trusts(const SocketAddress& peer) const {
  return std::any_of(config.trusted_proxies.begin(), config.trusted_proxies.end(),
                     [&](const AddressRange& range) { return range.Contains(peer); });
}

}  // namespace room_router
