// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_peers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "discovery/dns_resolver.h"

namespace room_router {
namespace {

// Answers for "host:port" as if it were the SRV name of one target.
class PlaceResolver : public Resolver {
 public:
  PlaceResolver(boost::asio::io_context& io, const DnsChannel::Settings& settings)
      : dns_(io, settings) {}

  void FindService(const std::string& name, std::function<void(ServiceAnswer)> done) override {
    const size_t colon = name.rfind(':');
    if (colon == std::string::npos) return dns_.FindService(name, std::move(done));
    ServiceTarget target{.name = name.substr(0, colon)};
    std::from_chars(name.data() + colon + 1, name.data() + name.size(), target.port);
    dns_.FindHost(target.name, [target, done = std::move(done)](const HostAnswer& host) mutable {
      ServiceAnswer answer{
          .outcome = host.outcome, .error = host.error, .ttl = host.ttl, .targets = {}};
      for (const SocketAddress& address : host.addresses) {
        target.addresses.push_back(address.WithPort(target.port));
      }
      target.partial = host.partial;
      if (host.outcome == LookupOutcome::kFound) answer.targets.push_back(std::move(target));
      done(std::move(answer));
    });
  }
  void FindHost(const std::string& name, std::function<void(HostAnswer)> done) override {
    dns_.FindHost(name, std::move(done));
  }

 private:
  DnsResolver dns_;
};

}  // namespace

GossipPeers::GossipPeers(boost::asio::io_context& io, Changed changed,
                         std::function<void(Event)> log, uint32_t seed)
    : io_(io),
      changed_(std::move(changed)),
      log_(std::move(log)),
      services_(
          io, [this](const auto& name, const auto& answer) { Receive(name, answer); }, seed),
      publication_(io, [this] { Publish(); }) {}

void GossipPeers::Configure(const config::Peers& peers, const config::ShardDiscovery& dns) {
  set_.Configure(peers);
  if (!resolver_ || resolvers_ != dns.resolvers) {
    resolvers_ = dns.resolvers;
    resolver_ = std::make_shared<PlaceResolver>(io_, DnsChannel::Settings{.servers = resolvers_});
  }
  config::ShardDiscovery settings = dns;
  settings.srv = set_.names();
  services_.Configure(settings, resolver_);
  std::erase_if(outcomes_, [&settings](const auto& outcome) {
    return std::ranges::find(settings.srv, outcome.first) == settings.srv.end();
  });
  publication_.Set(Clock::now());
}

void GossipPeers::Stop() {
  services_.Stop();
  publication_.Cancel();
}

void GossipPeers::Receive(const std::string& name, const ServiceAnswer& answer) {
  NoteOutcome(name, answer);
  set_.Receive(name, answer);
  publication_.Set(Clock::now());
}

void GossipPeers::NoteOutcome(const std::string& name, const ServiceAnswer& answer) {
  const auto [last, first] = outcomes_.try_emplace(name, LookupOutcome::kFound);
  if (std::exchange(last->second, answer.outcome) == answer.outcome) return;
  if (answer.outcome == LookupOutcome::kFound) {
    log_({.kind = Event::Kind::kLookupRecovered, .detail = name});
    return;
  }
  const std::string what =
      answer.outcome == LookupOutcome::kAbsent
          ? "DNS has nothing for " + name + ": check peers.discovery"
          : "no usable answer for " + name + " (" + answer.error + "); the last one stays in force";
  log_({.kind = Event::Kind::kLookupFailed, .level = config::LogLevel::kWarning, .detail = what});
}

void GossipPeers::Publish() {
  std::vector<SocketAddress> addresses = set_.addresses();
  const bool first = !std::exchange(published_answered_, set_.answered()) && set_.answered();
  if (!first && addresses == published_) return;
  published_ = addresses;
  changed_(std::move(addresses));
}

}  // namespace room_router
