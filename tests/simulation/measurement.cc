// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/measurement.h"

#include <algorithm>
#include <utility>

namespace room_router::simulation {
namespace {

constexpr size_t kUpdate = 5;  // Frame.update in gossip.proto
constexpr Clock::duration kStep = 20ms, kWindow = 60s, kSpreadMost = 10s;
constexpr Clock::duration kSent = 100ms;  // then a new room has been told to all it is told to
constexpr double kChaos = 0.1;

double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

Network::Traffic Minus(Network::Traffic a, const Network::Traffic& b) {
  return {.frames = a.frames - b.frames, .bytes = a.bytes - b.bytes};
}

Network::Traffic All(const Network::Kinds& kinds) {
  Network::Traffic all;
  for (const Network::Traffic& kind : kinds) {
    all.frames += kind.frames;
    all.bytes += kind.bytes;
  }
  return all;
}

}  // namespace

Cluster::Plan Measurement::PlanOf(size_t replicas, uint64_t seed) {
  return {.replicas = replicas,
          .expire = std::chrono::minutes(5),
          .dns_lag_most = Duration(100),
          .seed = seed};
}

Measurement::Measurement(size_t replicas, uint64_t seed)
    : replicas_(replicas), cluster_(PlanOf(replicas, seed)) {}

void Measurement::Add(std::string what, std::string unit, double value) {
  figures_.push_back({.what = std::move(what), .unit = std::move(unit), .value = value});
}

double Measurement::Await(const std::function<bool()>& done, Clock::duration most) {
  const TimePoint begin = cluster_.timeline.now();
  while (!done()) {
    if (cluster_.timeline.now() - begin >= most) return -1;
    cluster_.Run(kStep);
  }
  return Seconds(cluster_.timeline.now() - begin);
}

double Measurement::AwaitEqual(Clock::duration most) {
  return Await([this] { return cluster_.Unequal().empty(); }, most);
}

double Measurement::AwaitSettled(Clock::duration most) {
  return Await([this] { return cluster_.Unsettled().empty(); }, most);
}

void Measurement::Bind(size_t slot, uint32_t room, const std::string& shard) {
  Replica& replica = *cluster_.At(slot);
  replica.Join(room, replica.Shard(shard));
}

void Measurement::Fill(uint32_t rooms) {
  for (uint32_t room = 0; room < rooms; ++room) {
    Bind(room % replicas_, room);
    if (room % 1000 == 999) cluster_.Run(kStep);
  }
  AwaitEqual(120s);
}

std::vector<Figure> Measurement::Run() {
  MeasureStart();
  Fill(kRooms);
  cluster_.Run(15s);
  MeasureTraffic("quiet");
  MeasureNewRooms();
  for (uint32_t room = 0; room < kRooms; ++room) cluster_.At(room % replicas_)->Hold(room);
  cluster_.Run(75s);  // the announcements of these sessions are spread by now
  MeasureTraffic(std::to_string(kRooms) + " rooms in use");
  MeasureLoss();
  MeasureDeath();
  MeasureJoin();
  MeasurePartition();
  return figures_;
}

void Measurement::MeasureStart() {
  cluster_.StartAll();
  Add("all started at once: everybody ready, and known to all", "s", AwaitSettled(120s));
  cluster_.Run(30s);
  size_t links = 0;
  for (const Replica* replica : cluster_.Live()) {
    for (const ReplicaView& view : replica->gossip().Replicas(replica->now())) links += view.linked;
  }
  Add("  links of a replica", "", static_cast<double>(links) / static_cast<double>(replicas_));
}

void Measurement::MeasureNewRooms() {
  // Updates have members too: as many as in quiet times.
  const Network::Traffic before = cluster_.network.sent[kUpdate];
  cluster_.Run(kWindow);
  const Network::Traffic others = Minus(cluster_.network.sent[kUpdate], before);
  spread_.assign(replicas_, 0);
  for (uint32_t i = 0; i < kNewRooms; ++i) SpreadOne(kRooms + i);
  const double share = static_cast<double>(replicas_) * kNewRooms;
  const auto per_replica = [&](uint64_t all, uint64_t in_quiet) {
    const double quiet =
        static_cast<double>(in_quiet) * kNewRooms * Seconds(kSent) / Seconds(kWindow);
    return (static_cast<double>(all) - quiet) / share;
  };
  Add("a new room: known to half", "ms", spread_[(replicas_ - 1) / 2]);
  Add("  known to 95 %", "ms", spread_[(replicas_ * 19 + 19) / 20 - 1]);
  Add("  known to all", "ms", spread_.back());
  Add("  by so many hops", "", static_cast<double>(hops_));
  Add("  frames per replica", "", per_replica(told_.frames, others.frames));
  Add("  bytes per replica", "B", per_replica(told_.bytes, others.bytes));
}

void Measurement::SpreadOne(uint32_t room) {
  const size_t first = std::uniform_int_distribution<size_t>(0, replicas_ - 1)(cluster_.random);
  const TimePoint begin = cluster_.timeline.now();
  std::map<size_t, Known> known{{first, {.when = begin}}};
  cluster_.network.watch = [&](const Host& from, const Host& to) {
    if (known.contains(to.slot) || cluster_.At(to.slot)->ShardOf(room).empty()) return;
    const size_t hops = known[from.slot].hops + 1;
    known[to.slot] = {.when = cluster_.timeline.now(), .hops = hops};
    hops_ = std::max(hops_, hops);
  };
  const Network::Traffic before = cluster_.network.sent[kUpdate];
  Bind(first, room);
  cluster_.Run(kSent);
  const Network::Traffic spent = Minus(cluster_.network.sent[kUpdate], before);
  told_ = {.frames = told_.frames + spent.frames, .bytes = told_.bytes + spent.bytes};
  Await([&] { return known.size() == replicas_; }, kSpreadMost);
  cluster_.network.watch = nullptr;
  std::vector<double> times;
  for (const auto& [slot, at] : known) times.push_back(Seconds(at.when - begin) * 1000);
  times.resize(replicas_, Seconds(kSpreadMost) * 1000);
  std::sort(times.begin(), times.end());
  for (size_t i = 0; i < replicas_; ++i) spread_[i] += times[i] / kNewRooms;
}

void Measurement::MeasureTraffic(const std::string& when) {
  const Network::Traffic before = All(cluster_.network.sent);
  const Gossip::Stats stats = cluster_.Stats();
  cluster_.Run(kWindow);
  const Network::Traffic spent = Minus(All(cluster_.network.sent), before);
  const double share = static_cast<double>(replicas_) * Seconds(kWindow);
  Add(when + ": frames per replica", "/s", static_cast<double>(spent.frames) / share);
  Add("  bytes per replica", "kB/s", static_cast<double>(spent.bytes) / share / 1000);
  Add("  syncs per replica", "/min",
      static_cast<double>(cluster_.Stats().syncs - stats.syncs) / share * 60);
}

// While a tenth of the frames is lost, doubled or out of order.
void Measurement::MeasureLoss() {
  cluster_.network.conditions.chaos = kChaos;
  for (uint32_t i = 0; i < 100; ++i) {
    Bind(i % replicas_, 2 * kRooms + i);
    cluster_.Run(kStep);
  }
  Add("100 new rooms, 10 % of frames spoilt: equal", "s", AwaitEqual(120s));
  cluster_.network.Heal();
  AwaitSettled(120s);
}

void Measurement::MeasureDeath() {
  const size_t slot = replicas_ - 1;
  cluster_.Kill(slot, true);
  Add("a machine loses power: dead to all", "s", AwaitSettled(300s));
}

void Measurement::MeasureJoin() {
  const size_t slot = replicas_ - 1;
  const uint64_t before = cluster_.Stats().sync_records_in;
  cluster_.Start(slot);
  const auto ready = [this, slot] {
    const Replica& fresh = *cluster_.At(slot);
    return fresh.gossip().synced(fresh.now());
  };
  Add("a fresh replica: ready", "s", Await(ready, 60s));
  Add("  known to all", "s", AwaitSettled(120s));
  AwaitEqual(120s);
  Add("  rooms sent in syncs", "", static_cast<double>(cluster_.Stats().sync_records_in - before));
}

// Long enough for both halves to give each other up; 100 rooms are placed on both sides.
void Measurement::MeasurePartition() {
  const size_t half = replicas_ / 2;
  const auto cut = [this, half](bool blocked) {
    for (size_t a = 0; a < half; ++a) {
      for (size_t b = half; b < replicas_; ++b) {
        cluster_.network.Block(a, b, blocked);
        cluster_.network.Block(b, a, blocked);
      }
    }
  };
  cut(true);
  for (uint32_t i = 0; i < 100; ++i) {
    Bind(i % half, 3 * kRooms + i, "shard-1");
    Bind(half + i % (replicas_ - half), 3 * kRooms + i, "shard-2");
    cluster_.Run(300ms);
  }
  cluster_.Run(30s);
  cut(false);
  Add("a partition of 60 s ends: rooms equal", "s", AwaitEqual(300s));
  const double more = AwaitSettled(300s);
  const double equal = figures_.back().value;
  Add("  and all alive to all", "s", more < 0 || equal < 0 ? -1 : equal + more);
}

std::vector<Figure> Measurement::FullSync(uint32_t rooms, uint64_t seed) {
  Measurement trio(3, seed);
  trio.cluster_.Start(0);
  trio.cluster_.Start(1);
  trio.AwaitSettled(120s);
  for (uint32_t room = 0; room < rooms; ++room) {
    trio.Bind(room % 2, room);
    if (room % 1000 == 999) trio.cluster_.Run(kStep);
  }
  trio.AwaitEqual(120s);
  const Network::Traffic before = All(trio.cluster_.network.sent);
  trio.cluster_.Start(2);
  const auto ready = [&trio] {
    const Replica& fresh = *trio.cluster_.At(2);
    return fresh.gossip().synced(fresh.now());
  };
  trio.Add("full sync: " + std::to_string(rooms) + " rooms", "s", trio.Await(ready, 60s));
  const Network::Traffic spent = Minus(All(trio.cluster_.network.sent), before);
  trio.Add("  frames of all", "", static_cast<double>(spent.frames));
  trio.Add("  bytes of all", "MB", static_cast<double>(spent.bytes) / 1e6);
  trio.Add("  tables equal (1 = yes)", "", trio.cluster_.Unequal().empty() ? 1 : 0);
  return trio.figures_;
}

}  // namespace room_router::simulation
