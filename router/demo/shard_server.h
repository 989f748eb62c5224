// SPDX-License-Identifier: Apache-2.0
// The demo's shards: one HTTP and websocket server per shard on loopback, ports from the system,
// all on one thread of its own. A thin shell around Site (pages) and Chat (rooms).
//
// Bounded per connection: heads, bodies, messages and what waits to be written. Stops, connections
// and all, when destroyed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"

namespace room_router::demo {

class ShardServer {
 public:
  // Shards are named shard-0, shard-1 … `dashboards` as in Site.
  ShardServer(int shards, const std::map<uint16_t, uint16_t>& dashboards);
  ~ShardServer();
  ShardServer(const ShardServer&) = delete;
  ShardServer& operator=(const ShardServer&) = delete;

  std::string Start();  // what went wrong; empty = serving

  // For shards.static of a replica's configuration. After Start().
  std::vector<config::StaticShard> shards() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace room_router::demo
