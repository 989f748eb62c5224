// SPDX-License-Identifier: Apache-2.0
// Finds the bridges and publishes what it knows as snapshots; does nothing while they are off.
//
// The I/O shell around bridge_catalog, as discovery.h is around the catalog of shards. Everything
// happens on the one thread that runs `io`: calls are made there, `publish` and `log` are called
// there, never from within a call. Bridges are not checked: one that refuses connections has DNS
// asked again. Without an answer it keeps asking. Stop() before destruction.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "config/config.h"
#include "discovery/alarm.h"
#include "discovery/bridge_catalog.h"
#include "discovery/bridge_set.h"
#include "discovery/event.h"
#include "discovery/resolver.h"
#include "discovery/service_watch.h"

namespace room_router {

class BridgeDiscovery {
 public:
  BridgeDiscovery(boost::asio::io_context& io, std::function<void(BridgeSetPtr)> publish,
                  std::function<void(Event)> log);

  // Starts, or takes other settings over. Asks as shards are asked for: resolvers, refresh and
  // obsolete are those of shards.discovery.
  void Configure(const config::Bridges& settings, const config::ShardDiscovery& questions);
  void Stop();

  // A connection to a bridge failed: perhaps DNS knows more by now.
  void AskSoon() { services_.AskSoon(); }

 private:
  void Receive(const std::string& service, const ServiceAnswer& answer);
  void Changed();
  void Publish();

  boost::asio::io_context& io_;
  std::function<void(BridgeSetPtr)> publish_;
  std::function<void(Event)> log_;
  config::ShardDiscovery questions_;
  std::shared_ptr<Resolver> resolver_;  // null while there is nothing to ask
  BridgeCatalog catalog_;
  ServiceWatch services_;
  Alarm deadline_, publication_;
  BridgeSetPtr published_;
};

}  // namespace room_router
