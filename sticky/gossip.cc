// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip.h"

#include <xxhash.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "sticky/gossip_parts.h"

namespace room_router {
namespace {

// Repairs as small as this are passed on like news; larger ones spread by syncs.
constexpr size_t kFewRepairs = 64;
constexpr Duration kSweep = std::chrono::minutes(10);

}  // namespace

uint64_t ReplicaId(std::string_view name, uint64_t start) {
  return XXH3_64bits_withSeed(name.data(), name.size(), start);
}

Gossip::Parts::Parts(const Settings& chosen, const Shared& borrowed, uint64_t seed, TimePoint now)
    : settings(chosen),
      random(seed),
      shared(borrowed),
      context{.settings = settings, .stats = stats, .random = random},
      shards(borrowed.names, chosen.shard_names_limit),
      coder(settings, shards, stats),
      roster(settings, stats, now),
      links(context, coder),
      state(context, shared, roster),
      dialer(context, links, roster, now),
      probes(context, links, roster, now),
      outbox(context, coder, links, state, roster),
      syncs(context, links, state, roster, now),
      refresh(now + context.Jittered(settings.refresh_interval)),
      sweep(now + kSweep) {}

Gossip::Gossip(const Settings& settings, const Shared& shared, uint64_t seed, TimePoint now)
    : parts_(std::make_unique<Parts>(settings, shared, seed, now)) {}

Gossip::~Gossip() = default;

void Gossip::SetPeers(std::vector<SocketAddress> addresses, TimePoint now, bool complete) {
  parts_->dialer.SetPeers(addresses, complete, now);
  Tick(now);
}

void Gossip::LinkUp(LinkId id, std::optional<SocketAddress> dialled, const SocketAddress& local,
                    TimePoint now) {
  Parts& p = *parts_;
  if (dialled) p.dialer.Up(*dialled);
  p.roster.SetAddress(p.settings.port == 0 ? local : local.WithPort(p.settings.port), now);
  if (auto* link = p.links.Open(id, dialled, now)) p.SayHello(*link, now);
  p.Settle(now);
}

void Gossip::LinkDown(LinkId link, TimePoint now) {
  parts_->End(link, false, now);
  parts_->Settle(now);
}

void Gossip::DialFailed(const SocketAddress& address, TimePoint now) {
  Parts& p = *parts_;
  ++p.stats.dials_failed;
  p.dialer.Failed(address, false, now);
  for (const auto& [name, member] : p.roster.others()) {
    if (member.claim.address == address) p.probes.AskFor(name, now);
  }
  p.Settle(now);
}

void Gossip::Receive(LinkId id, std::string_view frame, TimePoint now) {
  Parts& p = *parts_;
  auto* link = p.links.Find(id);
  if (link == nullptr) return;  // closed here while the frame was under way
  ++p.stats.frames_in;
  p.stats.bytes_in += frame.size();
  link->heard = now;
  const auto message = p.coder.Decode(frame);
  const bool greeting = message && (std::holds_alternative<gossip::Hello>(*message) ||
                                    std::holds_alternative<gossip::Goodbye>(*message));
  if (!message || (!link->greeted() && !greeting)) {
    p.Refuse(*link, {}, CloseReason::kProtocol, now);
  } else {
    if (link->greeted()) p.probes.Heard(*link);
    p.Handle(*link, *message, now);
  }
  p.Settle(now);
}

void Gossip::Parts::Handle(Link& link, const gossip::Message& message, TimePoint now) {
  std::visit(
      [&](const auto& m) {
        using M = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<M, gossip::Hello>) Greet(link, m, now);
        if constexpr (std::is_same_v<M, gossip::Goodbye>) Part(link, m, now);
        if constexpr (std::is_same_v<M, gossip::Ping>) probes.Answer(link, m);
        if constexpr (std::is_same_v<M, gossip::Ack>) probes.Hear(link, m, now);
        if constexpr (std::is_same_v<M, gossip::PingRequest>) probes.Relay(link, m, now);
        if constexpr (std::is_same_v<M, gossip::Update>) Take(link, m, now);
        if constexpr (std::is_same_v<M, gossip::SyncOpen>) syncs.Open(link, m);
        if constexpr (std::is_same_v<M, gossip::SyncDiff>) syncs.Diff(link, m, now);
        if constexpr (std::is_same_v<M, gossip::SyncPage>) syncs.Page(link, m, now);
        if constexpr (std::is_same_v<M, gossip::SyncAnswer>) syncs.Answer(link, m, now);
      },
      message);
}

void Gossip::Parts::Take(Link& link, const gossip::Update& update, TimePoint now) {
  auto [news, corrections, refused] = state.Apply(update, now);
  if (update.sync) syncs.Applied(news.size(), refused);
  if (!corrections.empty()) {
    corrections.direct = update.direct;
    links.Send(link, corrections);
  }
  if (!update.direct && !(update.sync && news.size() > kFewRepairs)) {
    outbox.Forward(std::move(news), link.id);
  }
}

void Gossip::Queued(LinkId id, size_t bytes, TimePoint now) {
  if (auto* link = parts_->links.Find(id)) link->queued = bytes;
  parts_->Settle(now);
}

void Gossip::LocalChanges(TimePoint now) {
  parts_->outbox.ChangesWait();
  parts_->Settle(now);
}

void Gossip::Tick(TimePoint now) {
  Parts& p = *parts_;
  p.roster.Tick(now);
  p.probes.Tick(now);
  p.dialer.Tick(now);
  p.syncs.Tick(now);
  p.KeepHouse(now);
  p.Settle(now);
}

void Gossip::Parts::KeepHouse(TimePoint now) {
  CloseUnheard(now);
  if (now >= refresh) {
    refresh = now + context.Jittered(settings.refresh_interval);
    RefreshView(now);
  }
  if (now >= sweep) {
    sweep = now + kSweep;
    shared.admin.Sweep(now);
  }
}

void Gossip::Parts::Ripen(TimePoint now) {
  const auto& others = roster.others();
  const auto is_synced = [](const auto& entry) {
    return entry.second.claim.live() && entry.second.claim.synced;
  };
  if (dialer.Alone()) syncs.NobodyElse();
  if (dialer.AllKnown() && std::none_of(others.begin(), others.end(), is_synced)) {
    syncs.NobodySynced();
  }
  if (syncs.synced(now)) roster.SetSynced(now);
}

void Gossip::Parts::Settle(TimePoint now) {
  if (!roster.self().synced) Ripen(now);
  if (links.TakeDropped()) syncs.Hurry(now);
  if (roster_changes != roster.changes()) {
    roster_changes = roster.changes();
    state.Forgotten();
    dialer.Wake(now);
  }
  if (roster.news()) outbox.ChangesWait();
  outbox.Flush(now);
  syncs.Begin(now);
}

TimePoint Gossip::NextDeadline() const {
  const Parts& p = *parts_;
  return std::min({p.roster.NextDeadline(), p.probes.NextDeadline(), p.dialer.NextDeadline(),
                   p.outbox.NextDeadline(), p.syncs.NextDeadline(), p.refresh, p.sweep});
}

Gossip::Output Gossip::TakeOutput() { return parts_->links.TakeOutput(); }

std::vector<Gossip::Adopted> Gossip::TakeConflicts() { return parts_->state.TakeConflicts(); }

std::vector<ShardId> Gossip::TakeUnknownShards() { return parts_->shards.TakeUnknown(); }

bool Gossip::synced(TimePoint now) const { return parts_->syncs.synced(now); }

void Gossip::Leave(TimePoint now) {
  parts_->dialer.Stop();
  parts_->state.Leave(now);
  parts_->outbox.FlushAll(now);
}

std::vector<ReplicaView> Gossip::Replicas(TimePoint now) const {
  const Parts& p = *parts_;
  const auto view = [](const Claim& claim, TimePoint since) {
    return ReplicaView{.name = claim.name,
                       .address = claim.address,
                       .state = claim.state,
                       .synced = claim.synced,
                       .start = claim.start,
                       .incarnation = claim.incarnation,
                       .since = since};
  };
  std::vector<ReplicaView> views{view(p.roster.self(), p.roster.self_since())};
  views.front().self = true;
  views.front().synced = synced(now);
  for (const auto& [name, member] : p.roster.others()) {
    views.push_back(view(member.claim, member.since));
    const auto* link = std::as_const(p.links).To(name);
    if (link == nullptr) continue;
    views.back().linked = true;
    views.back().linked_at = link->greeted_at;
    views.back().rtt = link->rtt;
    views.back().last_sync = link->last_sync;
    views.back().queued = link->queued;
  }
  return views;
}

size_t Gossip::LiveReplicas() const { return parts_->roster.live(); }

const Gossip::Stats& Gossip::stats() const { return parts_->stats; }

}  // namespace room_router
