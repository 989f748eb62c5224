// SPDX-License-Identifier: Apache-2.0
#include "discovery/discovery.h"

#include <algorithm>
#include <random>
#include <utility>

#include "discovery/dns_resolver.h"

namespace room_router {
namespace {

// An endpoint without a verdict is checked this much more often than the interval says.
constexpr int kFirstChecksSpeed = 10;

}  // namespace

Discovery::Discovery(boost::asio::io_context& io, config::Shards settings,
                     std::function<void(ShardSetPtr)> publish, std::function<void(Event)> log)
    : io_(io),
      settings_(std::move(settings)),
      publish_(std::move(publish)),
      log_(std::move(log)),
      catalog_(settings_, Clock::now()),
      services_(
          io, [this](const auto& service, const auto& answer) { Receive(service, answer); },
          std::random_device{}()),
      checker_(
          io, [this](const ProbeResult& result) { Receive(result); }, std::random_device{}()),
      deadline_(io,
                [this] {
                  catalog_.Tick(Clock::now());
                  checker_.Follow(catalog_.Subjects());
                  Changed();
                }),
      publication_(io, [this] { Publish(); }) {}

void Discovery::Start() {
  running_ = true;
  Apply();
}

void Discovery::Stop(std::function<void()> drained) {
  running_ = false;
  deadline_.Cancel();
  publication_.Cancel();
  services_.Stop();
  checker_.Close(std::move(drained));
}

void Discovery::Reconfigure(config::Shards settings) {
  const auto& servers = settings.discovery.resolvers;
  // resolv.conf may have changed, too.
  if (servers.empty() || servers != settings_.discovery.resolvers) resolver_.reset();
  settings_ = std::move(settings);
  catalog_.Configure(settings_, Clock::now());
  if (running_) Apply();
}

void Discovery::Apply() {
  if (!resolver_) {
    DnsChannel::Settings settings;
    settings.servers = settings_.discovery.resolvers;
    settings.counts = &lookups_;
    resolver_ = std::make_shared<DnsResolver>(io_, settings);
  }
  checker_.Configure(settings_, resolver_);
  services_.Configure(settings_.discovery, resolver_);
  checker_.Follow(catalog_.Subjects());
  Changed();
}

void Discovery::RequestCheck(EndpointId endpoint) {
  if (running_) checker_.CheckWithin(endpoint, Duration::zero());
}

void Discovery::ReportConnectFailure(EndpointId endpoint) {
  if (!running_ || !catalog_.NoteConnectFailure(endpoint, Clock::now())) return;
  checker_.CheckWithin(endpoint, Duration::zero());
  if (!catalog_.HasUsableEndpoint(endpoint, Clock::now())) services_.AskSoon();
  Changed();
}

void Discovery::ReportConnected(EndpointId endpoint) {
  catalog_.NoteConnected(endpoint, Clock::now());
}

void Discovery::Expect(ShardId shard) {
  catalog_.Expect(shard, Clock::now());
  if (!running_) return;
  services_.AskSoon();
  Changed();
}

void Discovery::SetQuorum(ShardId shard, Quorum quorum) {
  if (catalog_.SetQuorum(shard, quorum, Clock::now()) && running_) Changed();
}

bool Discovery::Obey(std::string_view shard, const ShardOrder& order) {
  const bool changed = catalog_.Obey(shard, order);
  if (changed && running_) Changed();
  return changed;
}

void Discovery::Receive(const std::string& service, const ServiceAnswer& answer) {
  catalog_.Receive(service, answer, Clock::now());
  checker_.Follow(catalog_.Subjects());
  Changed();
}

void Discovery::Receive(const ProbeResult& result) {
  const TimePoint now = Clock::now();
  const bool had_usable = catalog_.HasUsableEndpoint(result.endpoint, now);
  const bool news = catalog_.Record(result, now);
  if (had_usable && !catalog_.HasUsableEndpoint(result.endpoint, now)) services_.AskSoon();
  if (catalog_.IsUndecided(result.endpoint)) {
    checker_.CheckWithin(result.endpoint, settings_.health.interval / kFirstChecksSpeed);
  }
  if (news) Changed();
}

void Discovery::Force(const ForcedResult& result) {
  if (catalog_.Force(result, Clock::now()) && running_) Changed();
}

void Discovery::Changed() {
  deadline_.Set(catalog_.NextDeadline());
  if (!publication_.is_set()) publication_.Set(std::max(Clock::now(), published_at_ + kPublishGap));
}

void Discovery::Publish() {
  for (Event& event : catalog_.TakeEvents()) log_(std::move(event));
  ShardSetPtr snapshot = catalog_.Snapshot(Clock::now());
  if (snapshot == published_) return;
  published_ = std::move(snapshot);
  published_at_ = Clock::now();
  publish_(published_);
}

}  // namespace room_router
