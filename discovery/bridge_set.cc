// SPDX-License-Identifier: Apache-2.0
#include "discovery/bridge_set.h"

#include <algorithm>

namespace room_router {

const Endpoint* BridgeSet::Find(std::string_view id) const {
  const auto found = std::ranges::lower_bound(
      bridges, id, {}, [](const Endpoint& bridge) { return std::string_view(bridge.name); });
  return found != bridges.end() && found->name == id ? &*found : nullptr;
}

}  // namespace room_router
