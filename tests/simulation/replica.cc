// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/replica.h"

#include <algorithm>
#include <random>

namespace room_router::simulation {
namespace {

constexpr uint64_t kWallMs = 1'700'000'000'000;
constexpr KeyNamespace kRoom = KeyNamespace::kRoom;

uint64_t WallMs(const Timeline& timeline, Duration skew) {
  const auto ran = std::chrono::duration_cast<Duration>(timeline.now().time_since_epoch());
  return kWallMs + static_cast<uint64_t>((ran + skew).count());
}

Gossip::Settings SettingsOf(const Replica::Life& life, uint64_t wall_ms) {
  Gossip::Settings settings = life.gossip;
  settings.name = life.name;
  settings.cluster = "simulated";
  settings.start = wall_ms;
  return settings;
}

}  // namespace

RoomKey KeyOf(uint32_t room) {
  std::seed_seq seed{room, 1U};
  uint32_t words[4];
  seed.generate(std::begin(words), std::end(words));
  return {.high = uint64_t{words[0]} << 32U | words[1],
          .low = uint64_t{words[2]} << 32U | words[3]};
}

Replica::Replica(Timeline& timeline, Network& network, const Life& life)
    : timeline_(timeline),
      network_(network),
      life_(life),
      origin_(std::chrono::seconds(life.seed % 100'000)),
      clock_(ReplicaId(life.name, WallMs(timeline, life.skew)), WallMs(timeline, life.skew), now()),
      admin_(clock_),
      table_({.size = 400'000,
              .expire = life.expire,
              .stripes = 1,
              .seed = life.seed,
              .clock = &clock_,
              .on_change = [this] { changed_ = true; }}),
      gossip_(SettingsOf(life, WallMs(timeline, life.skew)),
              {.table = table_, .names = names_, .admin = admin_, .clock = clock_}, life.seed,
              now()) {
  network_.Attach(life.address, *this);
  Sweep();
  Pump();
}

void Replica::Sweep() {
  table_.Sweep(now());
  if (changed_) Pump();
  timeline_.In(1s, [this] {
    if (network_.Attached(*this)) Sweep();
  });
}

void Replica::Pump() {
  if (std::exchange(changed_, false)) gossip_.LocalChanges(now());
  Gossip::Output output = gossip_.TakeOutput();
  for (auto& [link, frame] : output.frames) network_.Send(*this, link, std::move(frame));
  for (const auto& address : output.dials) network_.Dial(*this, address);
  for (const auto& [link, reason] : output.closes) {
    links_.erase(link);
    network_.Close(*this, link);
  }
  HealConflicts();
  PlanTick();
}

// What the router does with sessions that are on the wrong shard: end them. Their clients come
// again, to the right one.
void Replica::HealConflicts() {
  for (const auto& [record, result] : gossip_.TakeConflicts()) {
    if (result.sessions > 0) table_.MarkHealed(record.key_namespace, record.key);
  }
}

void Replica::PlanTick() {
  const TimePoint next = gossip_.NextDeadline();
  if (next >= planned_ || next == TimePoint::max()) return;
  planned_ = next;
  timeline_.At(next - origin_, [this, next] {
    if (!network_.Attached(*this) || planned_ != next) return;
    planned_ = TimePoint::max();
    gossip_.Tick(now());
    Pump();
  });
}

void Replica::SetPeers(const std::vector<SocketAddress>& addresses) {
  gossip_.SetPeers(addresses, now());
  Pump();
}

void Replica::Join(uint32_t room, ShardId shard) {
  table_.FindOrBind(kRoom, KeyOf(room), "room " + std::to_string(room), now(),
                    [shard](ShardId previous) { return previous == kNoShard ? shard : previous; });
  Pump();
}

void Replica::Hold(uint32_t room) {
  held_.insert(room);
  table_.AcquireSession(kRoom, KeyOf(room), now());
  Pump();
}

void Replica::Release(uint32_t room) {
  held_.erase(held_.find(room));
  table_.ReleaseSession(kRoom, KeyOf(room), now());
  Pump();
}

void Replica::Move(uint32_t room, ShardId shard) {
  table_.Set(kRoom, KeyOf(room), "room " + std::to_string(room), shard, now());
  Pump();
}

void Replica::Forget(uint32_t room) {
  table_.Erase(kRoom, KeyOf(room));
  Pump();
}

bool Replica::SetAdmin(const std::string& name, const std::string& value) {
  const bool set = admin_.Set(name, value, now());
  changed_ = true;
  Pump();
  return set;
}

void Replica::Leave() {
  left_ = true;
  gossip_.Leave(now());
  Pump();
}

void Replica::SendGarbage() {
  if (links_.empty()) return;
  network_.Send(*this, *links_.begin(), "\xff\xff garbage");
}

std::optional<CellRecord> Replica::Record(uint32_t room) const {
  return table_.Record(kRoom, KeyOf(room), now());
}

std::string Replica::ShardOf(uint32_t room) const {
  const auto hit = table_.Find(kRoom, KeyOf(room), now());
  return hit ? std::string(names_.Name(hit->shard)) : "";
}

void Replica::LinkUp(LinkId link, std::optional<SocketAddress> dialled) {
  links_.insert(link);
  gossip_.LinkUp(link, std::move(dialled), life_.address, now());
  Pump();
}

void Replica::LinkDown(LinkId link) {
  links_.erase(link);
  gossip_.LinkDown(link, now());
  Pump();
}

void Replica::DialFailed(const SocketAddress& address) {
  gossip_.DialFailed(address, now());
  Pump();
}

void Replica::Receive(LinkId link, const std::string& frame) {
  if (!links_.contains(link)) return;
  gossip_.Receive(link, frame, now());
  Pump();
}

void Replica::Queued(LinkId link, size_t bytes) {
  gossip_.Queued(link, bytes, now());
  Pump();
}

}  // namespace room_router::simulation
