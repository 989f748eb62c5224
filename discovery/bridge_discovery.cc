// SPDX-License-Identifier: Apache-2.0
#include "discovery/bridge_discovery.h"

#include <random>
#include <utility>

#include "discovery/dns_resolver.h"

namespace room_router {

BridgeDiscovery::BridgeDiscovery(boost::asio::io_context& io,
                                 std::function<void(BridgeSetPtr)> publish,
                                 std::function<void(Event)> log)
    : io_(io),
      publish_(std::move(publish)),
      log_(std::move(log)),
      services_(
          io, [this](const auto& service, const auto& answer) { Receive(service, answer); },
          std::random_device{}()),
      deadline_(io,
                [this] {
                  catalog_.Tick(Clock::now());
                  Changed();
                }),
      publication_(io, [this] { Publish(); }) {}

void BridgeDiscovery::Configure(const config::Bridges& settings,
                                const config::ShardDiscovery& questions) {
  config::ShardDiscovery wanted = questions;
  wanted.srv = settings.enabled ? settings.srv : std::vector<std::string>();
  if (wanted.srv.empty() || wanted.resolvers != questions_.resolvers) resolver_.reset();
  questions_ = std::move(wanted);
  if (!questions_.srv.empty() && !resolver_) {
    DnsChannel::Settings channel;
    channel.servers = questions_.resolvers;
    resolver_ = std::make_shared<DnsResolver>(io_, channel);
  }
  catalog_.Configure(settings, questions_.obsolete, Clock::now());
  services_.Configure(questions_, resolver_);
  Changed();
}

void BridgeDiscovery::Stop() {
  deadline_.Cancel();
  publication_.Cancel();
  services_.Stop();
}

void BridgeDiscovery::Receive(const std::string& service, const ServiceAnswer& answer) {
  catalog_.Receive(service, answer, Clock::now());
  Changed();
}

void BridgeDiscovery::Changed() {
  deadline_.Set(catalog_.NextDeadline());
  if (!publication_.is_set()) publication_.Set(Clock::now());
}

void BridgeDiscovery::Publish() {
  BridgeSetPtr snapshot = catalog_.Snapshot();
  for (Event& event : catalog_.TakeEvents()) log_(std::move(event));
  if (snapshot == published_) return;
  published_ = std::move(snapshot);
  publish_(published_);
}

}  // namespace room_router
