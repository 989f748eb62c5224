// SPDX-License-Identifier: Apache-2.0
// One life of a simulated replica: the real gossip core, stick table, admin cells and clock, driven
// by virtual time. Its monotonic clock has an origin of its own, its wall clock is wrong by `skew`.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "discovery/shard_names.h"
#include "sticky/admin_cells.h"
#include "sticky/gossip.h"
#include "sticky/hybrid_clock.h"
#include "sticky/stick_table.h"
#include "tests/simulation/network.h"
#include "tests/simulation/timeline.h"

namespace room_router::simulation {

RoomKey KeyOf(uint32_t room);

class Replica : public Host {
 public:
  struct Life {
    std::string name;
    SocketAddress address;
    Duration skew{0}, expire{600'000};
    uint64_t seed = 0;
    Gossip::Settings gossip;
  };
  Replica(Timeline& timeline, Network& network, const Life& life);

  void SetPeers(const std::vector<SocketAddress>& addresses);
  void Join(uint32_t room, ShardId shard);  // a first request of the room arrives here
  void Hold(uint32_t room);                 // a session begins
  void Release(uint32_t room);              // and ends
  void Move(uint32_t room, ShardId shard);  // by an operator
  void Forget(uint32_t room);
  bool SetAdmin(const std::string& name, const std::string& value);
  void Leave();
  void SendGarbage();

  std::optional<CellRecord> Record(uint32_t room) const;
  std::string ShardOf(uint32_t room) const;  // empty: not known here
  TimePoint now() const { return timeline_.now() + origin_; }
  const Life& life() const { return life_; }
  Gossip& gossip() { return gossip_; }
  const Gossip& gossip() const { return gossip_; }
  StickTable& table() { return table_; }
  const StickTable& table() const { return table_; }
  AdminCells& admin() { return admin_; }
  bool left() const { return left_; }
  const std::multiset<uint32_t>& held() const { return held_; }
  ShardId Shard(const std::string& name) { return *names_.Intern(name); }
  std::string NameOf(ShardId shard) const { return std::string(names_.Name(shard)); }

  void LinkUp(LinkId link, std::optional<SocketAddress> dialled) override;
  void LinkDown(LinkId link) override;
  void DialFailed(const SocketAddress& address) override;
  void Receive(LinkId link, const std::string& frame) override;
  void Queued(LinkId link, size_t bytes) override;

 private:
  void Pump();  // after every call: output out, conflicts healed, next tick planned
  void HealConflicts();
  void PlanTick();
  void Sweep();

  Timeline& timeline_;
  Network& network_;
  const Life life_;
  const Clock::duration origin_;
  HybridClock clock_;
  ShardNames names_;
  AdminCells admin_;
  bool changed_ = false, left_ = false;
  StickTable table_;
  Gossip gossip_;
  std::set<LinkId> links_;
  std::multiset<uint32_t> held_;
  TimePoint planned_ = TimePoint::max();
};

}  // namespace room_router::simulation
