// SPDX-License-Identifier: Apache-2.0
// Gossip cores without a network, for tests: one alone, or two with a link that delivers at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "discovery/shard_names.h"
#include "sticky/admin_cells.h"
#include "sticky/gossip.h"
#include "sticky/hybrid_clock.h"
#include "sticky/stick_table.h"
#include "tests/sticky/replica.h"

namespace room_router::test {

struct Core {
  Core(std::string name, const SocketAddress& own, uint64_t start = 1)
      : address(own),
        clock(ReplicaId(name, start), kWallMs, kStart),
        admin(clock),
        table({.clock = &clock}),
        gossip({.name = std::move(name), .cluster = "test", .start = start, .port = own.port()},
               {.table = table, .names = names, .admin = admin, .clock = clock}, 1, kStart) {}

  void Bind(uint64_t room, std::string_view shard, TimePoint now) {
    const ShardId id = *names.Intern(shard);
    table.FindOrBind(kRoom, Key(room), "room", now,
                     [id](ShardId previous) { return previous == kNoShard ? id : previous; });
    gossip.LocalChanges(now);
  }
  std::string ShardOf(uint64_t room, TimePoint now) const {
    const auto hit = table.Find(kRoom, Key(room), now);
    return hit ? std::string(names.Name(hit->shard)) : "";
  }
  // Both ends of a link to our own address.
  void DialItself(TimePoint now) {
    gossip.LinkUp(101, std::nullopt, address, now);
    gossip.LinkUp(102, address, address, now);
    for (const auto& [link, frame] : gossip.TakeOutput().frames) {
      gossip.Receive(link == 101 ? 102 : 101, frame, now);
    }
  }

  const SocketAddress address;
  ShardNames names;
  HybridClock clock;
  AdminCells admin;
  StickTable table;
  Gossip gossip;
};

struct CorePair {
  static constexpr LinkId kLink = 1;

  CorePair(const SocketAddress& of_a, const SocketAddress& of_b) : a("a", of_a), b("b", of_b) {}

  void Link(Core& from, Core& to) {
    to.gossip.LinkUp(kLink, std::nullopt, to.address, now);
    from.gossip.LinkUp(kLink, to.address, from.address, now);
  }
  void Run(Clock::duration time) {
    for (const TimePoint end = now + time; now < end; now += std::chrono::milliseconds(10)) {
      a.gossip.Tick(now);
      b.gossip.Tick(now);
      while (Deliver(a, b) || Deliver(b, a)) {
      }
    }
  }

  Core a, b;
  TimePoint now = kStart;

 private:
  bool Deliver(Core& from, Core& to) {
    const Gossip::Output output = from.gossip.TakeOutput();
    for (const auto& [link, frame] : output.frames) {
      from.gossip.Queued(link, 0, now);
      to.gossip.Receive(link, frame, now);
    }
    for (const auto& [link, reason] : output.closes) to.gossip.LinkDown(link, now);
    return !output.frames.empty();
  }
};

}  // namespace room_router::test
