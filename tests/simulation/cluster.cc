// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/cluster.h"

#include <algorithm>
#include <array>
#include <bit>
#include <set>

namespace room_router::simulation {
namespace {

constexpr uint16_t kPort = 7600;
constexpr auto kFlush = 500ms;  // a leaving replica writes what is queued, then ends

}  // namespace

Gossip::Stats Sum(const Gossip::Stats& a, const Gossip::Stats& b) {
  // Every member is a count.
  constexpr size_t kCounts = sizeof(Gossip::Stats) / sizeof(uint64_t);
  using Counts = std::array<uint64_t, kCounts>;
  auto sum = std::bit_cast<Counts>(a);
  const auto more = std::bit_cast<Counts>(b);
  for (size_t i = 0; i < kCounts; ++i) sum[i] += more[i];
  return std::bit_cast<Gossip::Stats>(sum);
}

Cluster::Cluster(const Plan& plan)
    : network(timeline, plan.seed ^ 0x6E65),
      random(plan.seed),
      plan_(plan),
      replicas_(plan.replicas),
      lives_of_(plan.replicas) {}

SocketAddress Cluster::AddressOf(size_t slot) const {
  const uint32_t life = plan_.moving ? lives_of_[slot] : 0;
  const std::string ip = "10." + std::to_string(slot / 250) + "." + std::to_string(slot % 250 + 1) +
                         "." + std::to_string(life % 250 + 1);
  return *SocketAddress::FromIp(ip, kPort);
}

void Cluster::Start(size_t slot) {
  Begin(slot);
  Publish();
}

void Cluster::StartAll() {
  for (size_t slot = 0; slot < plan_.replicas; ++slot) Begin(slot);
  Publish();
}

void Cluster::Begin(size_t slot) {
  ++lives_of_[slot];
  Replica::Life life{.name = "replica-" + std::to_string(slot),
                     .address = AddressOf(slot),
                     .expire = plan_.expire,
                     .seed = random(),
                     .gossip = plan_.gossip};
  life.skew = Duration(
      std::uniform_int_distribution<int64_t>(-plan_.skew.count(), plan_.skew.count())(random));
  lives_.push_back(std::make_unique<Replica>(timeline, network, life));
  lives_.back()->slot = slot;
  replicas_[slot] = lives_.back().get();
}

void Cluster::Kill(size_t slot, bool silently) {
  network.Detach(replicas_[slot]->life().address, silently);
  replicas_[slot] = nullptr;
  Publish();
}

void Cluster::Leave(size_t slot) {
  Replica* leaving = At(slot);
  leaving->Leave();
  timeline.In(kFlush, [this, slot, leaving] {
    if (At(slot) == leaving) Kill(slot, false);
  });
}

std::vector<Replica*> Cluster::Live() const {
  std::vector<Replica*> live;
  for (Replica* replica : replicas_) {
    if (replica != nullptr && !replica->left()) live.push_back(replica);
  }
  return live;
}

// Everybody learns of it a little later, each at its own time. Who asks already hears this too.
void Cluster::Publish() {
  for (Replica* replica : Live()) {
    if (!asking_.insert(replica).second) continue;
    const auto lag = std::uniform_int_distribution<int64_t>(0, plan_.dns_lag_most.count())(random);
    timeline.In(Duration(lag), [this, replica] {
      asking_.erase(replica);
      if (network.Attached(*replica)) Tell(*replica);
    });
  }
}

void Cluster::Tell(Replica& replica) {
  std::vector<SocketAddress> addresses;
  const size_t known = plan_.seeds_only ? std::min<size_t>(2, replicas_.size()) : replicas_.size();
  for (size_t slot = 0; slot < known; ++slot) {
    if (plan_.seeds_only) {
      addresses.push_back(AddressOf(slot));
    } else if (replicas_[slot] != nullptr) {
      addresses.push_back(replicas_[slot]->life().address);
    }
  }
  replica.SetPeers(addresses);
}

Gossip::Stats Cluster::Stats() const {
  Gossip::Stats sum;
  for (const auto& life : lives_) sum = Sum(sum, life->gossip().stats());
  return sum;
}

std::string Cluster::Unequal() const {
  const std::vector<Replica*> live = Live();
  for (const Replica* replica : live) {
    if (replica->table().BucketDigests() != live.front()->table().BucketDigests()) {
      return "tables differ: " + live.front()->life().name + " and " + replica->life().name;
    }
  }
  return UnequalAdmin();
}

std::string Cluster::UnequalAdmin() const {
  const std::vector<Replica*> live = Live();
  for (Replica* replica : live) {
    if (replica->admin().digest() != live.front()->admin().digest()) {
      return "admin cells differ: " + live.front()->life().name + " and " + replica->life().name;
    }
  }
  return "";
}

std::string Cluster::Unsettled() const {
  const std::vector<Replica*> live = Live();
  std::set<std::string> expected;
  for (const Replica* replica : live) expected.insert(replica->life().name);
  for (const Replica* replica : live) {
    std::set<std::string> seen;
    for (const ReplicaView& view : replica->gossip().Replicas(replica->now())) {
      if (view.state == ReplicaState::kAlive) seen.insert(view.name);
    }
    if (seen != expected || replica->gossip().LiveReplicas() != expected.size()) {
      return replica->life().name + " sees " + std::to_string(seen.size()) + " of " +
             std::to_string(expected.size()) + " replicas alive";
    }
    if (!replica->gossip().synced(replica->now())) return replica->life().name + " is not synced";
  }
  return "";
}

}  // namespace room_router::simulation
