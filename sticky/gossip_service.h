// SPDX-License-Identifier: Apache-2.0
// A replica's share in gossip: the core (gossip.h), its streams (gossip_transport.h) and where the
// other replicas are (gossip_peers.h), wired together.
//
// Control thread: calls are made there and events come from there, never from within a call. Stop()
// and its `drained` before destruction.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "discovery/alarm.h"
#include "discovery/event.h"
#include "sticky/gossip.h"
#include "sticky/gossip_peers.h"
#include "sticky/gossip_transport.h"

namespace room_router {

class GossipService {
 public:
  struct Settings {
    config::Peers peers;
    config::ShardDiscovery dns;  // how to ask for the names in peers
    std::string name;            // of this replica
    uint64_t start = 0;          // greater in every later life of it
    uint64_t seed = 0;
  };
  struct Events {
    std::function<void(std::vector<Gossip::Adopted>)> conflicts;
    std::function<void(ShardId)> unknown_shard;
    std::function<void()> synced;  // once
    std::function<void(Event)> log;
  };
  struct Counters {
    const GossipStats& gossip;
    const GossipTransport::Stats& transport;
  };

  GossipService(boost::asio::io_context& io, Settings settings, const Gossip::Shared& shared,
                Events events);

  std::string Open();  // what went wrong; empty = listening
  SocketAddress address() const { return transport_.address(); }
  // New links use the new keys; peers.listen and peers.cluster need a restart.
  void Reconfigure(const config::Peers& peers, const config::ShardDiscovery& dns);

  void LocalChanges();  // the table or the admin cells have some
  bool synced() const { return synced_; }
  std::vector<ReplicaView> Replicas() const;
  size_t LiveReplicas() const;
  Counters counters() const;

  // Tells the others that this replica stops. Stop() then waits until they have been told.
  void Leave();
  void Stop(std::function<void()> drained);

 private:
  GossipTransport::Events Streams();
  void Do();  // whatever the core wants done

  Settings settings_;
  Gossip::Shared shared_;
  const Events events_;
  GossipTransport transport_;
  GossipPeers peers_;
  Alarm alarm_;
  std::unique_ptr<Gossip> core_;  // from Open on
  bool synced_ = false;
};

}  // namespace room_router
