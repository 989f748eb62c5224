// SPDX-License-Identifier: Apache-2.0
#include "router/admin/server_path.h"

#include "router/admin/admin_view.h"

namespace room_router::admin {

std::variant<std::vector<EndpointId>, std::string> FindServer(std::string_view path,
                                                              std::string_view backend,
                                                              const ShardSet& shards) {
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) return "Require 'backend/server'.\n";
  if (path.substr(0, slash) != backend) return "No such backend.\n";
  const std::string_view server = path.substr(slash + 1);
  std::vector<EndpointId> endpoints;
  for (const Shard& shard : shards.shards) {
    for (const Endpoint& endpoint : shard.endpoints) {
      if (shard.name == server || ServerName(shard, endpoint) == server) {
        endpoints.push_back(endpoint.id);
      }
    }
  }
  if (endpoints.empty()) return "No such server.\n";
  return endpoints;
}

}  // namespace room_router::admin
