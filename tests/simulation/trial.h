// SPDX-License-Identifier: Apache-2.0
// One seed: a cluster, requests, operators and faults, all by chance; then quiet, and the checks.
//
// Checked all the time: a room with a live session stays known wherever it was known. After quiet:
// all replicas are equal, each room is bound as the oracle says of everything that was ever written
// (and not lost with its only replica), the latest admin cells won, everybody is ready and sees
// exactly those that live. The faults are those of network.h, restarts with and without a goodbye
// or another address, garbage on a stream, and wall clocks up to five minutes wrong.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "tests/simulation/cluster.h"
#include "tests/simulation/oracle.h"

namespace room_router::simulation {

class Trial {
 public:
  explicit Trial(uint64_t seed, size_t replicas = 0);  // 0: 3 … 16, by seed

  std::string Run();  // "" or what was wrong
  std::string Description() const;
  uint64_t writes() const { return oracle_.writes(); }
  uint64_t fingerprint() const { return cluster_.network.fingerprint; }
  Gossip::Stats Stats() const { return cluster_.Stats(); }

 private:
  static Cluster::Plan PlanOf(uint64_t seed, size_t replicas);
  size_t Below(size_t count) {
    return std::uniform_int_distribution<size_t>(0, count - 1)(cluster_.random);
  }
  Clock::duration Between(Clock::duration least, Clock::duration most) {
    return Clock::duration(
        std::uniform_int_distribution<Clock::rep>(least.count(), most.count())(cluster_.random));
  }
  void Fail(const std::string& what);

  void StartAll();
  void Work();  // one request or command, then the next
  void Act(Replica& replica);
  std::set<uint32_t> Held() const;  // by sessions, somewhere
  void Administrate(Replica& replica);
  void Do(Replica& replica, Oracle::Deed deed);

  void Disturb();  // one fault, then the next
  void Partition();
  void Restart();
  void Slow();
  void Chaos();
  void Garbage();

  void Watch();
  std::string Unequal() const;
  void Settle();

  const uint64_t seed_;
  const Cluster::Plan plan_;
  const bool short_leases_;
  Cluster cluster_;
  uint32_t shards_ = 2;
  bool disturbing_ = true;
  Oracle oracle_;
  std::set<std::pair<const Replica*, uint32_t>> known_;  // held rooms, and where
  std::string failure_, faults_;
};

}  // namespace room_router::simulation
