// SPDX-License-Identifier: Apache-2.0
// The parts of the gossip core, and how they work together. gossip.cc: events in, deadlines;
// gossip_greeting.cc: how links begin and end.
//
// Every event is handled, then settled: news leave, a sync begins if it is time.
#pragma once

#include <optional>
#include <random>

#include "sticky/gossip.h"
#include "sticky/gossip_context.h"
#include "sticky/gossip_dialer.h"
#include "sticky/gossip_frame.h"
#include "sticky/gossip_links.h"
#include "sticky/gossip_outbox.h"
#include "sticky/gossip_probes.h"
#include "sticky/gossip_shards.h"
#include "sticky/gossip_state.h"
#include "sticky/gossip_sync.h"
#include "sticky/roster.h"

namespace room_router {

struct Gossip::Parts {
  using Link = gossip::Link;

  Parts(const Settings& chosen, const Shared& borrowed, uint64_t seed, TimePoint now);

  void Handle(Link& link, const gossip::Message& message, TimePoint now);
  void Take(Link& link, const gossip::Update& update, TimePoint now);
  void KeepHouse(TimePoint now);
  void Ripen(TimePoint now);  // is a fresh replica synced by now?
  void Settle(TimePoint now);

  void SayHello(Link& link, TimePoint now);
  void Greet(Link& link, const gossip::Hello& hello, TimePoint now);
  std::optional<CloseReason> Objection(const Link& link, const gossip::Hello& hello) const;
  void Refuse(Link& link, const Claim& peer, CloseReason reason, TimePoint now);
  void Welcome(Link& link, const Claim& peer, TimePoint now);
  void CloseOthersTo(Link& link, TimePoint now);
  Link& LoserOf(Link& before, Link& fresh) const;
  void Part(Link& link, const gossip::Goodbye& goodbye, TimePoint now);
  void End(LinkId id, bool patiently, TimePoint now);  // of one that broke or was refused
  void CloseUnheard(TimePoint now);
  void RefreshView(TimePoint now);

  const Settings settings;
  Stats stats;
  std::mt19937_64 random;
  const Shared shared;
  const gossip::Context context;
  gossip::ShardDictionary shards;
  gossip::FrameCoder coder;
  Roster roster;
  gossip::Links links;
  gossip::SharedState state;
  gossip::Dialer dialer;
  gossip::Probes probes;
  gossip::Outbox outbox;
  gossip::Syncs syncs;
  uint64_t roster_changes = 0;  // as of the last Settle
  TimePoint refresh, sweep;
};

}  // namespace room_router
