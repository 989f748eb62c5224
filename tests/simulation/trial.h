// SPDX-License-Identifier: Apache-2.0
// One seed: a cluster, requests, operators and faults, all by chance; then quiet, and the checks.
//
// Checked all the time: a room with a live session stays known wherever it was known. After quiet:
// all replicas are equal, each room is bound as the rule says of everything that was ever written
// (and not lost with its only replica), the latest admin cells won, everybody is ready and sees
// exactly those that live.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sticky/cell.h"
#include "tests/simulation/cluster.h"

namespace room_router::simulation {

class Trial {
 public:
  explicit Trial(uint64_t seed);

  std::string Run();  // "" or what was wrong
  std::string Description() const;
  uint64_t writes() const { return writes_.size(); }
  Gossip::Stats Stats() const { return cluster_.Stats(); }

 private:
  struct Write {
    const Replica* writer;
    uint32_t room;
    Binding binding;
  };

  static Cluster::Plan PlanOf(uint64_t seed);
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
  void Administrate(Replica& replica);
  void Note(const Replica& replica, uint32_t room);

  void Disturb();  // one fault, then the next
  void Partition();
  void Restart();
  void Slow();
  void Chaos();

  void Watch();
  void Settle();
  void CheckWinners();
  void CheckAdmin();

  const uint64_t seed_;
  const Cluster::Plan plan_;
  const bool short_leases_;
  Cluster cluster_;
  uint32_t shards_ = 2;
  bool disturbing_ = true;
  std::vector<Write> writes_;
  std::map<std::string, std::pair<const Replica*, AdminCell>> admin_;  // latest written
  std::map<std::pair<const Replica*, uint32_t>, TimePoint> known_;     // rooms known there since
  std::string failure_, faults_;
};

}  // namespace room_router::simulation
