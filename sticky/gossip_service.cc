// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_service.h"

#include <utility>

namespace room_router {

GossipService::GossipService(boost::asio::io_context& io, Settings settings,
                             const Gossip::Shared& shared, Events events)
    : settings_(std::move(settings)),
      shared_(shared),
      events_(std::move(events)),
      transport_(io, {.listen = settings_.peers.listen}, nullptr, Streams()),
      peers_(
          io,
          [this](std::vector<SocketAddress> addresses) {
            core_->SetPeers(std::move(addresses), Clock::now(), peers_.answered());
            Do();
          },
          events_.log, static_cast<uint32_t>(settings_.seed)),
      alarm_(io, [this] {
        core_->Tick(Clock::now());
        Do();
      }) {}

std::string GossipService::Open() {
  const config::Peers& peers = settings_.peers;
  if (!peers.insecure) {
    std::string problem;
    auto tls = GossipTls::Make(peers.credentials, problem);
    if (!tls) return "peers.tls: " + problem;
    transport_.UseTls(std::move(tls));
  }
  if (auto problem = transport_.Open(); !problem.empty()) return "peers.listen: " + problem;
  core_ = std::make_unique<Gossip>(GossipSettings{.name = settings_.name,
                                                  .cluster = peers.cluster,
                                                  .start = settings_.start,
                                                  .port = transport_.address().port(),
                                                  .sync_timeout = peers.sync_timeout},
                                   shared_, settings_.seed, Clock::now());
  peers_.Configure(peers, settings_.dns);
  Do();
  return "";
}

void GossipService::Reconfigure(const config::Peers& peers, const config::ShardDiscovery& dns) {
  std::string problem;
  if (!peers.insecure) {
    if (auto tls = GossipTls::Make(peers.credentials, problem)) transport_.UseTls(std::move(tls));
  }
  peers_.Configure(peers, dns);
}

GossipTransport::Events GossipService::Streams() {
  return {.up =
              [this](LinkId link, const auto& dialled, const SocketAddress& local) {
                core_->LinkUp(link, dialled, local, Clock::now());
                Do();
              },
          .down =
              [this](LinkId link) {
                core_->LinkDown(link, Clock::now());
                Do();
              },
          .frame =
              [this](LinkId link, std::string_view frame) {
                core_->Receive(link, frame, Clock::now());
                Do();
              },
          .dial_failed =
              [this](const SocketAddress& address) {
                core_->DialFailed(address, Clock::now());
                Do();
              },
          .drained =
              [this](LinkId link, size_t queued) {
                core_->Queued(link, queued, Clock::now());
                Do();
              }};
}

void GossipService::Do() {
  GossipOutput output = core_->TakeOutput();
  for (auto& [link, frame] : output.frames) transport_.Send(link, std::move(frame));
  for (const SocketAddress& address : output.dials) transport_.Dial(address);
  for (const auto& [link, reason] : output.closes) transport_.Close(link);
  for (const ShardId shard : core_->TakeUnknownShards()) events_.unknown_shard(shard);
  if (auto conflicts = core_->TakeConflicts(); !conflicts.empty()) {
    events_.conflicts(std::move(conflicts));
  }
  if (!synced_ && core_->synced(Clock::now())) {
    synced_ = true;
    events_.synced();
  }
  alarm_.Set(core_->NextDeadline());
}

void GossipService::LocalChanges() {
  core_->LocalChanges(Clock::now());
  Do();
}

std::vector<ReplicaView> GossipService::Replicas() const { return core_->Replicas(Clock::now()); }

size_t GossipService::LiveReplicas() const { return core_->LiveReplicas(); }

GossipService::Counters GossipService::counters() const {
  return {.gossip = core_->stats(), .transport = transport_.stats()};
}

void GossipService::Leave() {
  core_->Leave(Clock::now());
  Do();
}

void GossipService::Stop(std::function<void()> drained) {
  alarm_.Cancel();
  peers_.Stop();
  transport_.Stop(std::move(drained));
}

}  // namespace room_router
