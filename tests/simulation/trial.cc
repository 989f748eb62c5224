// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/trial.h"

#include <algorithm>

namespace room_router::simulation {
namespace {

constexpr uint32_t kRooms = 60;
constexpr size_t kFew = 16;       // replicas
constexpr uint32_t kSilent = 10;  // of them: after the first request only a session holds them
constexpr auto kDisturbed = 40s, kQuietLimit = 120s;
constexpr Duration kShortLease{30'000};

}  // namespace

Cluster::Plan Trial::PlanOf(uint64_t seed, size_t replicas) {
  std::mt19937_64 random(seed * 2 + 1);
  Cluster::Plan plan{.replicas = 3 + random() % 14, .seed = seed};
  if (replicas != 0) plan.replicas = replicas;
  if (random() % 2 == 0) plan.expire = kShortLease;
  plan.seeds_only = random() % 4 == 0;
  plan.moving = !plan.seeds_only && random() % 2 == 0;
  // Some clusters are small enough for a full mesh, some not.
  if (random() % 2 == 0) plan.gossip.active_view = 4;
  plan.gossip.fanout = 3;
  plan.gossip.refresh_interval = Duration(10'000);
  return plan;
}

Trial::Trial(uint64_t seed, size_t replicas)
    : seed_(seed),
      plan_(PlanOf(seed, replicas)),
      short_leases_(plan_.expire == kShortLease),
      cluster_(plan_),
      oracle_(short_leases_) {}

std::string Trial::Description() const {
  return "seed " + std::to_string(seed_) + ": " + std::to_string(plan_.replicas) + " replicas" +
         (short_leases_ ? ", short leases" : "") + (plan_.seeds_only ? ", seeds only" : "") +
         (plan_.moving ? ", moving" : "") + "; faults:" + faults_;
}

void Trial::Fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

std::string Trial::Run() {
  StartAll();
  Work();
  Disturb();
  Watch();
  cluster_.Run(kDisturbed);
  disturbing_ = false;
  Settle();
  return failure_;
}

void Trial::StartAll() {
  for (size_t slot = 0; slot < plan_.replicas; ++slot) {
    cluster_.timeline.In(Between(0s, 3s), [this, slot] { cluster_.Start(slot); });
  }
}

void Trial::Work() {
  if (!disturbing_) return;
  const std::vector<Replica*> live = cluster_.Live();
  if (!live.empty()) Act(*live[Below(live.size())]);
  if (Below(200) == 0) ++shards_;
  cluster_.timeline.In(Between(0ms, 40ms), [this] { Work(); });
}

void Trial::Act(Replica& replica) {
  const size_t dice = Below(100);
  if (dice < 65) {
    Do(replica, Oracle::Deed::kJoin);
  } else if (dice < 78) {
    const auto& held = replica.held();
    if (held.empty()) return;
    const auto session = std::next(held.begin(), static_cast<int64_t>(Below(held.size())));
    if (*session >= kSilent) replica.Release(*session);
  } else if (dice < 84) {
    Do(replica, Oracle::Deed::kMove);
  } else if (dice < 88) {
    // With short leases what is forgotten may be forgotten while a session holds it.
    if (!short_leases_) Do(replica, Oracle::Deed::kForget);
  } else {
    Administrate(replica);
  }
}

void Trial::Do(Replica& replica, Oracle::Deed deed) {
  const auto room = static_cast<uint32_t>(Below(kRooms));
  if (room < kSilent && Held().contains(room)) return;
  std::string name = "shard-" + std::to_string(Below(shards_));
  const ShardId shard = replica.Shard(name);
  const auto before = replica.Record(room);
  switch (deed) {
    case Oracle::Deed::kJoin:
      replica.Join(room, shard);
      if (room < kSilent || Below(4) == 0) replica.Hold(room);
      break;
    case Oracle::Deed::kMove:
      replica.Move(room, shard);
      break;
    case Oracle::Deed::kForget:
      if (replica.ShardOf(room).empty()) return;
      replica.Forget(room);
      name.clear();
      break;
  }
  Fail(oracle_.Note(replica, room, deed, name, before));
}

std::set<uint32_t> Trial::Held() const {
  std::set<uint32_t> held;
  for (const Replica* holder : cluster_.Live()) {
    held.insert(holder->held().begin(), holder->held().end());
  }
  return held;
}

void Trial::Administrate(Replica& replica) {
  const std::string shard = "shard-" + std::to_string(Below(shards_));
  std::string name = "shard/" + shard + "/state";
  if (Below(2) == 0) name = "vote/" + replica.life().name + "/" + shard;
  constexpr const char* kValues[] = {"", "ready", "drain", "maint"};
  replica.SetAdmin(name, kValues[Below(4)]);
  oracle_.NoteAdmin(replica, name);
}

void Trial::Disturb() {
  if (!disturbing_) return;
  switch (Below(9)) {
    case 0:
    case 1:
      Partition();
      break;
    case 2:
    case 3:
    case 4:
      Restart();
      break;
    case 5:
      Slow();
      break;
    case 6:
      Chaos();
      break;
    case 7:
      Garbage();
      break;
    default:
      faults_ += " break";
      cluster_.network.Break(0.3);
  }
  cluster_.timeline.In(Between(500ms, 6s), [this] { Disturb(); });
}

void Trial::Partition() {
  const bool one_way = Below(3) == 0;
  const size_t cut = 1 + Below(plan_.replicas - 1);
  const auto time = Between(500ms, 6s);
  faults_ += one_way ? " one-way" : " partition";
  for (size_t a = 0; a < cut; ++a) {
    for (size_t b = cut; b < plan_.replicas; ++b) {
      cluster_.network.Block(a, b, true);
      if (!one_way) cluster_.network.Block(b, a, true);
    }
  }
  cluster_.timeline.In(time, [this, cut] {
    for (size_t a = 0; a < cut; ++a) {
      for (size_t b = cut; b < plan_.replicas; ++b) {
        cluster_.network.Block(a, b, false);
        cluster_.network.Block(b, a, false);
      }
    }
  });
}

void Trial::Restart() {
  const size_t slot = Below(plan_.replicas);
  if (cluster_.At(slot) == nullptr || cluster_.At(slot)->left()) return;
  const size_t way = Below(3);
  faults_ += way == 0 ? " kill" : way == 1 ? " power-off" : " leave";
  if (way == 2) {
    cluster_.Leave(slot);
  } else {
    cluster_.Kill(slot, way == 1);
  }
  cluster_.timeline.In(Between(1s, 10s), [this, slot] {
    if (cluster_.At(slot) == nullptr) cluster_.Start(slot);
  });
}

void Trial::Slow() {
  const size_t slot = Below(plan_.replicas);
  faults_ += " slow";
  cluster_.network.Slow(slot, Micros(200 + Below(400'000)));
  cluster_.timeline.In(Between(1s, 5s), [this, slot] { cluster_.network.Slow(slot, Micros(0)); });
}

void Trial::Chaos() {
  faults_ += " chaos";
  cluster_.network.conditions.chaos = 0.1;
  cluster_.network.conditions.packet_loss = 0.05;
  cluster_.timeline.In(Between(1s, 5s), [this] {
    cluster_.network.conditions.chaos = cluster_.network.conditions.packet_loss = 0;
  });
}

void Trial::Garbage() {
  Replica* replica = cluster_.At(Below(plan_.replicas));
  if (replica == nullptr) return;
  faults_ += " garbage";
  replica->SendGarbage();
}

// Rooms are held somewhere; wherever they were known once they have to stay known.
void Trial::Watch() {
  for (const Replica* holder : cluster_.Live()) {
    for (const uint32_t room : std::set(holder->held().begin(), holder->held().end())) {
      if (holder->ShardOf(room).empty()) continue;  // forgotten by an operator
      for (const Replica* replica : cluster_.Live()) {
        const bool here = !replica->ShardOf(room).empty();
        if (here) known_.insert({replica, room});
        if (!here && known_.contains({replica, room}) && short_leases_) {
          Fail("the lease of room " + std::to_string(room) + " ran out on " + replica->life().name +
               " while " + holder->life().name + " held it");
        }
      }
    }
  }
  // Rooms nobody holds any more may go.
  const std::set<uint32_t> held = Held();
  std::erase_if(known_, [&held](const auto& place) { return !held.contains(place.second); });
  cluster_.timeline.In(1s, [this] { Watch(); });
}

// Where many replicas renew short leases, some news are always under way: tables that are the same
// to the last renewal are a matter of luck.
std::string Trial::Unequal() const {
  if (!short_leases_ || plan_.replicas <= kFew) return cluster_.Unequal();
  const std::string wrong = Oracle::Unequal(Held(), cluster_.Live());
  return wrong.empty() ? cluster_.UnequalAdmin() : wrong;
}

void Trial::Settle() {
  cluster_.network.Heal();
  cluster_.Run(11s);  // those under way are back
  for (size_t slot = 0; slot < plan_.replicas; ++slot) {
    if (cluster_.At(slot) == nullptr) cluster_.Start(slot);
  }
  Fail(oracle_.Lost(cluster_.Live()));
  std::string wrong = "?";
  for (auto waited = 0s; waited < kQuietLimit && !wrong.empty(); waited += 1s) {
    cluster_.Run(1s);
    wrong = cluster_.Unsettled();
    if (wrong.empty()) wrong = Unequal();
  }
  if (!wrong.empty()) return Fail("after quiet " + wrong);
  Fail(oracle_.Lost(cluster_.Live()));
  Fail(oracle_.Unequal(cluster_.Live()));
}

}  // namespace room_router::simulation
