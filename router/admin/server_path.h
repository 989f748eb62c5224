// SPDX-License-Identifier: Apache-2.0
// What "backend/server" names: an endpoint, or a shard with all of its endpoints. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "discovery/shard_set.h"

namespace room_router::admin {

// The endpoints, or HAProxy's complaint. `backend`: the name of the only one.
std::variant<std::vector<EndpointId>, std::string> FindServer(std::string_view path,
                                                              std::string_view backend,
                                                              const ShardSet& shards);

}  // namespace room_router::admin
