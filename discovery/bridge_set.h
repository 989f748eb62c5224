// SPDX-License-Identifier: Apache-2.0
// The bridges as they are known at one moment: an exact map from a bridge's id to its address.
//
// An immutable snapshot, built by discovery/bridge_catalog on the control thread and shared with
// every worker. Ids are compared byte by byte: no case folding, no prefixes, no other spelling of
// an address. What is not in it cannot be reached. Look-ups are O(log n) and allocate nothing.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "discovery/shard_set.h"

namespace room_router {

// All bridges have this one: they are counted together and their connections are not kept.
inline constexpr EndpointId kBridgeEndpoint = kNoEndpoint - 1;

struct BridgeSet {
  std::vector<Endpoint> bridges;  // `name` is the id; sorted by it, each id once

  const Endpoint* Find(std::string_view id) const;
};

using BridgeSetPtr = std::shared_ptr<const BridgeSet>;

}  // namespace room_router
