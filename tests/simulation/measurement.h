// SPDX-License-Identifier: Apache-2.0
// How fast so many replicas come to agree, and what it costs each of them: what `simulate` prints.
//
// One cluster from its start to a healed partition, on a network like a LAN (0.1 to 0.4 ms one way,
// 1 Gbit/s per stream), wall clocks up to five minutes wrong. Frames and bytes are those a replica
// sends, without TLS and TCP. Virtual time: what the processors need is not in it. The same seed
// gives the same figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/cluster.h"

namespace room_router::simulation {

struct Figure {
  std::string what, unit;
  double value = 0;  // negative: not reached within the time given to it
};

class Measurement {
 public:
  static constexpr uint32_t kRooms = 1000;  // known to all replicas
  static constexpr int kNewRooms = 20;      // one at a time, to see one spread

  Measurement(size_t replicas, uint64_t seed);
  std::vector<Figure> Run();
  // After Run: milliseconds until a new room was known to the first, the second … replica.
  const std::vector<double>& spread() const { return spread_; }

  // What a fresh third replica needs for `rooms` that two others have.
  static std::vector<Figure> FullSync(uint32_t rooms, uint64_t seed);

 private:
  struct Known {
    TimePoint when;
    size_t hops = 0;
  };

  static Cluster::Plan PlanOf(size_t replicas, uint64_t seed);
  void Add(std::string what, std::string unit, double value);
  // Seconds until `done` says so.
  double Await(const std::function<bool()>& done, Clock::duration most);
  double AwaitEqual(Clock::duration most);
  double AwaitSettled(Clock::duration most);
  void Fill(uint32_t rooms);
  void Bind(size_t slot, uint32_t room, const std::string& shard = "shard-1");

  void MeasureStart();
  void MeasureNewRooms();
  void SpreadOne(uint32_t room);
  void MeasureTraffic(const std::string& when);
  void MeasureLoss();
  void MeasureDeath();
  void MeasureJoin();
  void MeasurePartition();

  const size_t replicas_;
  Cluster cluster_;
  std::vector<Figure> figures_;
  std::vector<double> spread_;
  Network::Traffic told_;  // of new rooms
  size_t hops_ = 0;
};

}  // namespace room_router::simulation
