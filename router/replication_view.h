// SPDX-License-Identifier: Apache-2.0
// What the admin plane shows of replication, as plain values of one moment.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/histogram.h"
#include "sticky/gossip_transport.h"
#include "sticky/gossip_types.h"
#include "sticky/haproxy_peers_transport.h"

namespace room_router {

struct ReplicationView {
  bool gossips = false;      // peers.listen is set
  bool synced = true;        // the table is as good as that of the others
  uint64_t split_rooms = 0;  // rooms found to live on two shards, this replica's side the wrong one
  uint64_t healed_rooms = 0;  // rooms whose sessions here were ended for that, or for a move
  Histogram heal;             // from when this replica found a split until it ended the sessions
  size_t healing = 0;         // rooms whose sessions are about to be ended
  std::vector<ReplicaView> replicas;                       // ourselves first
  std::vector<std::pair<std::string, size_t>> down_votes;  // shard, live replicas that find it so
  GossipStats gossip;
  GossipTransport::Stats transport;
  std::vector<HaproxyPeers::View> haproxy;
};

}  // namespace room_router
