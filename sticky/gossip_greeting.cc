// SPDX-License-Identifier: Apache-2.0
// How links begin and end.
#include <algorithm>

#include "sticky/gossip_parts.h"

namespace room_router {
namespace {

// Two replicas that dial each other at the same time see both links within this.
constexpr Duration kSimultaneous{2000};
constexpr Duration kProven = std::chrono::seconds(10);

}  // namespace

void Gossip::Parts::SayHello(Link& link, TimePoint now) {
  links.Send(link, gossip::Hello{.cluster = settings.cluster,
                                 .self = roster.self(),
                                 .time = shared.clock.Next(now).time});
}

void Gossip::Parts::Greet(Link& link, const gossip::Hello& hello, TimePoint now) {
  if (link.greeted()) {
    ++stats.malformed;
    return;
  }
  if (!shared.clock.Observe(hello.time, now)) ++stats.refused_clock;
  if (const auto objection = Objection(link, hello)) {
    Refuse(link, hello.self, *objection, now);
  } else {
    Welcome(link, hello.self, now);
  }
}

std::optional<CloseReason> Gossip::Parts::Objection(const Link& link,
                                                    const gossip::Hello& hello) const {
  if (hello.version != gossip::kProtocolVersion) return CloseReason::kVersion;
  if (hello.cluster != settings.cluster) return CloseReason::kWrongCluster;
  const Claim& peer = hello.self;
  const Claim& self = roster.self();
  if (peer.name == self.name) {
    if (peer.start == self.start) return CloseReason::kSelf;
    return peer.start < self.start ? CloseReason::kReplaced : CloseReason::kNameTaken;
  }
  const Roster::Member* known = roster.Find(peer.name);
  if (known != nullptr && peer.start < known->claim.start) return CloseReason::kReplaced;
  const bool full = links.greeted() >= 2 * settings.active_view;
  if (full && !link.dialled && links.To(peer.name) == nullptr) return CloseReason::kViewFull;
  return {};
}

void Gossip::Parts::Refuse(Link& link, const Claim& peer, CloseReason reason, TimePoint now) {
  if (reason == CloseReason::kNameTaken) ++stats.name_conflicts;
  if (reason == CloseReason::kSelf && link.dialled) dialer.Ours(*link.dialled);
  if (reason == CloseReason::kReplaced) {
    // So that it learns which life of its name we know; it may be the living one, its clock back.
    const Roster::Member* known = roster.Find(peer.name);
    links.Send(link, gossip::Update{.members = {known != nullptr ? known->claim : roster.self()}});
  }
  if (reason == CloseReason::kViewFull)
    links.Send(link, gossip::Update{.members = roster.Claims()});
  const LinkId id = link.id;
  const auto dialled = link.dialled;
  links.Close(link, reason);
  syncs.LinkGone(id, now);
  const bool patiently = reason != CloseReason::kReplaced && reason != CloseReason::kProtocol;
  if (dialled && reason != CloseReason::kSelf) dialer.Failed(*dialled, patiently, now);
}

void Gossip::Parts::Welcome(Link& link, const Claim& peer, TimePoint now) {
  const bool newcomer = roster.Merge(peer, now) == Roster::Outcome::kNews;
  links.Greet(link, peer, now);
  if (link.dialled) dialer.Met(*link.dialled, peer.name);
  probes.Heard(link);
  link.wants_sync = link.dialled.has_value() || !roster.self().synced;
  gossip::Update members{.members = roster.Claims(), .direct = true};
  links.Send(link, members);
  if (newcomer) outbox.Forward({.members = {peer}}, link.id);
  if (link.wants_sync) syncs.Hurry(now);
  CloseOthersTo(link, now);
}

// Of two links between the same two replicas the one with the smaller name closes one.
void Gossip::Parts::CloseOthersTo(Link& link, TimePoint now) {
  Link* fresh = &link;
  for (Link* other : links.Greeted()) {
    if (other == &link || other->peer != fresh->peer) continue;  // `link` may be gone by now
    const bool former_life = other->peer_start < fresh->peer_start;
    if (!former_life && fresh->peer < settings.name) continue;
    Link& loser = former_life ? *other : LoserOf(*other, *fresh);
    const LinkId id = loser.id;
    if (&loser == fresh) fresh = other;
    links.Close(loser, former_life ? CloseReason::kReplaced : CloseReason::kDuplicate);
    syncs.LinkGone(id, now);
    fresh->wants_sync = true;  // what was under way on the other one may be lost
    syncs.Hurry(now);
  }
}

// One that comes much later comes because the other side lost the one before.
Gossip::Parts::Link& Gossip::Parts::LoserOf(Link& before, Link& fresh) const {
  if (fresh.up >= before.greeted_at + kSimultaneous) return before;
  if (before.dialled.has_value() == fresh.dialled.has_value()) return before;
  return before.dialled ? fresh : before;
}

void Gossip::Parts::Part(Link& link, const gossip::Goodbye& goodbye, TimePoint now) {
  const CloseReason reason = goodbye.reason.value_or(CloseReason::kLeaving);
  ++stats.closed_there[static_cast<size_t>(reason)];
  const LinkId id = link.id;
  const auto dialled = link.dialled;
  links.CloseSilently(link);
  syncs.LinkGone(id, now);
  dialer.Wake(now);
  if (!dialled) return;
  switch (reason) {
    case CloseReason::kSelf:
      dialer.Ours(*dialled);
      break;
    case CloseReason::kDuplicate:
      break;
    case CloseReason::kWrongCluster:
    case CloseReason::kVersion:
    case CloseReason::kNameTaken:
    case CloseReason::kViewFull:
    case CloseReason::kViewChange:
      dialer.Failed(*dialled, true, now);
      break;
    default:
      dialer.Failed(*dialled, false, now);
  }
}

void Gossip::Parts::End(LinkId id, bool patiently, TimePoint now) {
  const Link* known = links.Find(id);
  if (known == nullptr) return;
  const Link link = *known;
  links.Drop(id);
  syncs.LinkGone(id, now);
  dialer.Wake(now);
  if (link.dialled) {
    if (link.greeted() && now >= link.greeted_at + kProven) dialer.Worked(*link.dialled);
    dialer.Failed(*link.dialled, patiently, now);
  }
  if (link.greeted() && links.To(link.peer) == nullptr) probes.AskFor(link.peer, now);
}

void Gossip::Parts::CloseUnheard(TimePoint now) {
  for (Link* link : links.All()) {
    const bool no_hello = !link->greeted() && now >= link->up + settings.hello_timeout;
    const bool silent = link->greeted() && now >= link->heard + settings.silence;
    if (!no_hello && !silent) continue;
    const Link lost = *link;
    links.Close(*link, silent ? CloseReason::kSilent : CloseReason::kNoHello);
    syncs.LinkGone(lost.id, now);
    dialer.Wake(now);
    if (lost.dialled) dialer.Failed(*lost.dialled, false, now);
    if (silent) probes.AskFor(lost.peer, now);
  }
}

// Where there are more replicas than links, the links change now and then: so everybody is looked
// at by somebody, and parts that only know themselves meet others.
void Gossip::Parts::RefreshView(TimePoint now) {
  if (roster.live() <= settings.active_view + 1 || links.greeted() < settings.active_view) return;
  for (Link* link : links.Sample(links.size(), {})) {
    if (!link->dialled) continue;
    const LinkId id = link->id;
    dialer.Failed(*link->dialled, true, now);
    links.Close(*link, CloseReason::kViewChange);
    syncs.LinkGone(id, now);
    break;
  }
  dialer.Wake(now);
}

}  // namespace room_router
