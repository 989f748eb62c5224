// SPDX-License-Identifier: Apache-2.0
// Replicas by slot, each living one life after the other, and what DNS says of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/network.h"
#include "tests/simulation/replica.h"
#include "tests/simulation/timeline.h"

namespace room_router::simulation {

Gossip::Stats Sum(const Gossip::Stats& a, const Gossip::Stats& b);

class Cluster {
 public:
  struct Plan {
    size_t replicas = 3;
    Duration expire{600'000}, skew{300'000};
    bool seeds_only = false;  // each knows the addresses of two replicas instead of all
    bool moving = false;      // a restarted replica comes with another address
    Duration dns_lag_most{2000};
    uint64_t seed = 0;
    Gossip::Settings gossip;
  };
  explicit Cluster(const Plan& plan);

  void Start(size_t slot);
  void StartAll();  // at once
  void Kill(size_t slot, bool silently);
  void Leave(size_t slot);                                    // gracefully; gone a moment later
  Replica* At(size_t slot) const { return replicas_[slot]; }  // nullptr: not running
  std::vector<Replica*> Live() const;
  void Run(Clock::duration time) { timeline.RunUntil(timeline.now() + time); }

  Gossip::Stats Stats() const;  // of all lives together, what the trials look at

  // "" or what is wrong.
  std::string Unequal() const;  // tables, to the last renewal, and admin cells
  std::string UnequalAdmin() const;
  std::string Unsettled() const;  // rosters and readiness

  Timeline timeline;
  Network network;
  std::mt19937_64 random;

 private:
  SocketAddress AddressOf(size_t slot) const;
  void Begin(size_t slot);
  void Publish();
  void Tell(Replica& replica);

  const Plan plan_;
  std::vector<std::unique_ptr<Replica>> lives_;  // all that ever were: events may name them
  std::vector<Replica*> replicas_;
  std::vector<uint32_t> lives_of_;   // by slot
  std::set<const Replica*> asking_;  // DNS
};

}  // namespace room_router::simulation
