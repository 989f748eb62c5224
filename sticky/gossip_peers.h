// SPDX-License-Identifier: Apache-2.0
// Finds the replicas of `peers.discovery`: asks DNS again and again, and tells when they change.
//
// The I/O shell of gossip_peer_set.h; resolvers and refresh are those of shards.discovery, when to
// ask is refresh_schedule.h's business. `changed` gets all addresses, ours among them, whenever
// they are others than before, and once when every name has had its first answer. It and `log` are
// called from the io_context, never from within a call, and not after Stop(). One thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "discovery/alarm.h"
#include "discovery/event.h"
#include "discovery/resolver.h"
#include "discovery/service_watch.h"
#include "sticky/gossip_peer_set.h"

namespace room_router {

class GossipPeers {
 public:
  using Changed = std::function<void(std::vector<SocketAddress>)>;

  GossipPeers(boost::asio::io_context& io, Changed changed, std::function<void(Event)> log,
              uint32_t seed);

  // Starts, or takes over what has changed; names that stay keep what is known of them.
  void Configure(const config::Peers& peers, const config::ShardDiscovery& dns);
  // Everything, as soon as refresh.min allows: when nobody is left to talk to.
  void AskSoon() { services_.AskSoon(); }
  void Stop();

  // Whether every name has had an answer: an empty list then means that there is nobody.
  bool answered() const { return set_.answered(); }

 private:
  void Receive(const std::string& name, const ServiceAnswer& answer);
  void NoteOutcome(const std::string& name, const ServiceAnswer& answer);
  void Publish();

  boost::asio::io_context& io_;
  const Changed changed_;
  const std::function<void(Event)> log_;
  GossipPeerSet set_;
  std::vector<SocketAddress> resolvers_;
  std::shared_ptr<Resolver> resolver_;
  std::map<std::string, LookupOutcome> outcomes_;  // the last of each name
  std::vector<SocketAddress> published_;
  bool published_answered_ = false;
  ServiceWatch services_;
  Alarm publication_;
};

}  // namespace room_router
