// SPDX-License-Identifier: Apache-2.0
#include "router/replication.h"

#include <boost/asio/post.hpp>
#include <random>
#include <utility>

namespace room_router {
namespace {

using config::LogLevel;

constexpr Duration kWatchInterval{250};
constexpr size_t kChangesAtOnce = 4096;

uint64_t Seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

template <typename Unit>
uint64_t SinceEpoch(Replication::WallTime time) {
  return static_cast<uint64_t>(std::chrono::duration_cast<Unit>(time.time_since_epoch()).count());
}

// Greater in every later life of a replica.
uint64_t LifeOf(Replication::WallTime started) {
  return SinceEpoch<std::chrono::microseconds>(started);
}

bool TalksToHaproxy(const config::Peers& peers) {
  return !peers.haproxy_listen.empty() || !peers.haproxy_peers.empty();
}

bool Agrees(const config::Config& config) {
  return config.shards.health.agreement == config::Agreement::kMajority;
}

}  // namespace

bool Replication::IsOn(const config::Peers& peers) {
  return !peers.listen.empty() || TalksToHaproxy(peers);
}

HybridClock Replication::MakeClock(const std::string& replica, WallTime started, TimePoint now) {
  return HybridClock(ReplicaId(replica, LifeOf(started)),
                     SinceEpoch<std::chrono::milliseconds>(started), now);
}

Replication::Replication(boost::asio::io_context& io, const config::Config& config,
                         WallTime started, Doors doors)
    : io_(io),
      doors_(std::move(doors)),
      sync_timeout_(config.peers.sync_timeout),
      heal_(config.stick_table.heal_close),
      votes_count_(Agrees(config)),
      initial_drain_(config.shards.initial_drain),
      admin_(doors_.clock),
      votes_(admin_, config.node.name),
      orders_(admin_),
      rooms_(admin_),
      healer_(Seed()),
      heal_alarm_(io, [this] { Heal(); }),
      watch_alarm_(io, [this] { Watch(); }),
      patience_(io, [this] { HaproxyHeard(); }) {
  rooms_.Configure(config.pins, config.bans);
  if (TalksToHaproxy(config.peers)) {
    const auto log = [this](const haproxy::Event& event) {
      doors_.log.Write(event.level, ToString(event.kind),
                       {{"peer", event.peer}, {"detail", event.detail}});
    };
    haproxy_ = std::make_unique<HaproxyPeers>(
        io, HaproxyPeers::SettingsFrom(config), doors_.table,
        haproxy::TableExchange::Sources{
            .shards = doors_.shards, .read_name = doors_.read_name, .log = log, .heard = [this] {
              HaproxyHeard();
            }});
    haproxy_heard_ = haproxy_->Peers().empty();
  }
  if (config.peers.listen.empty()) return;
  const auto also_told = [this](std::span<const CellRecord> records, TimePoint now) {
    if (haproxy_open_) haproxy_->Teach(records, now);
  };
  gossip_ = std::make_unique<GossipService>(
      io,
      GossipService::Settings{.peers = config.peers,
                              .dns = config.shards.discovery,
                              .name = config.node.name,
                              .start = LifeOf(started),
                              .seed = Seed()},
      Gossip::Shared{.table = doors_.table,
                     .names = doors_.names,
                     .admin = admin_,
                     .clock = doors_.clock,
                     .also_told = also_told},
      GossipService::Events{.conflicts = [this](const auto& conflicts) { Take(conflicts); },
                            .unknown_shard = doors_.unknown_shard,
                            .synced = [this] { CheckSynced(); },
                            .log = doors_.note});
}

std::string Replication::Open() {
  if (haproxy_) haproxy_->Bind();
  if (!gossip_) return "";
  auto problem = gossip_->Open();
  if (problem.empty()) {
    doors_.log.Write(LogLevel::kInfo, "gossip_listening",
                     {{"address", gossip_->address().ToString()}});
    Watch();
  }
  return problem;
}

void Replication::TableChanged() {
  boost::asio::post(io_, [this] { TakeChanges(); });
}

void Replication::Displaced(KeyNamespace ns, RoomKey key) {
  boost::asio::post(io_, [this, ns, key] {
    if (!heal_ || stopped_) return;
    healer_.Add({.key_namespace = ns, .key = key, .split = false}, Clock::now());
    heal_alarm_.Set(healer_.NextDeadline());
  });
}

void Replication::TakeChanges() {
  if (gossip_) return gossip_->LocalChanges();
  if (!haproxy_open_) return;
  const TimePoint now = Clock::now();
  for (size_t taken = kChangesAtOnce; taken == kChangesAtOnce;) {
    const auto records = doors_.table.TakeChanges(now, kChangesAtOnce);
    haproxy_->Teach(records, now);
    taken = records.size();
  }
}

void Replication::ShardsChanged() {
  Decide();
  if (!haproxy_) return;
  if (haproxy_open_) return haproxy_->ShardsChanged();
  if (!doors_.shards()->answered) return;
  if (!haproxy_heard_ && !patience_.is_set()) patience_.Set(Clock::now() + sync_timeout_);
  if (const auto problem = haproxy_->Open(); !problem.empty()) {
    return doors_.log.Write(LogLevel::kError, "haproxy_peers_failed", {{"detail", problem}});
  }
  haproxy_open_ = true;
  TakeChanges();
}

void Replication::HaproxyHeard() {
  patience_.Cancel();
  if (!std::exchange(haproxy_heard_, true)) CheckSynced();
}

void Replication::CheckSynced() {
  if (!synced()) return;
  decided_ = {};
  Decide();  // on what was heard, before anybody is told that it has been
  doors_.synced();
}

void Replication::Reconfigure(const config::Config& config) {
  heal_ = config.stick_table.heal_close;
  votes_count_ = Agrees(config);
  initial_drain_ = config.shards.initial_drain;
  rooms_.Configure(config.pins, config.bans);
  decided_ = {};
  Decide();
  if (gossip_) gossip_->Reconfigure(config.peers, config.shards.discovery);
}

void Replication::Take(const std::vector<Gossip::Adopted>& conflicts) {
  const TimePoint now = Clock::now();
  for (const auto& [record, result] : conflicts) {
    NoteLoss(record, result);
    if (result.split) ++split_rooms_;
    if (heal_ && result.sessions > 0)
      healer_.Add({.key_namespace = record.key_namespace, .key = record.key}, now);
  }
  heal_alarm_.Set(healer_.NextDeadline());
}

void Replication::NoteLoss(const CellRecord& record, const StickTable::MergeResult& result) {
  if (record.shard == kNoShard) return;  // forgotten, not moved
  const auto cause = result.split ? Journal::Cause::kSplit : Journal::Cause::kReplica;
  doors_.journal.AddRoom(cause, {.room = {.key = record.key, .name = record.display},
                                 .from = std::string(doors_.names.Name(result.lost)),
                                 .to = std::string(doors_.names.Name(record.shard))});
}

void Replication::Heal() {
  const TimePoint now = Clock::now();
  const auto moved = std::make_shared<MovedRooms>();
  for (const auto& [ns, key, split, found] : healer_.TakeDue(now)) {
    const auto home = doors_.table.Find(ns, key, now);
    moved->Add(ns, key, home ? home->shard : kNoShard);  // none: told to forget it
    if (!home || !split) continue;
    doors_.table.MarkHealed(ns, key);
    ++healed_rooms_;
    doors_.journal.AddRooms(Journal::Cause::kHealed, 1);
    heal_times_.Observe(static_cast<uint64_t>(std::chrono::floor<Duration>(now - found).count()));
  }
  if (moved->size() > 0) doors_.end_sessions(moved);
  heal_alarm_.Set(healer_.NextDeadline());
}

// Tells the log who comes and goes.
void Replication::Watch() {
  std::map<std::string, ReplicaState> seen;
  for (const ReplicaView& replica : gossip_->Replicas()) {
    if (replica.self) continue;
    seen[replica.name] = replica.state;
    const auto before = seen_.find(replica.name);
    if (before != seen_.end() && before->second == replica.state) continue;
    Journal::Entry entry{.kind = "replica_state",
                         .replica = replica.name,
                         .from = before == seen_.end() ? "" : std::string(ToString(before->second)),
                         .to = std::string(ToString(replica.state)),
                         .detail = replica.address.ToString()};
    const bool good = replica.state == ReplicaState::kAlive || replica.state == ReplicaState::kLeft;
    doors_.log.Write(good ? LogLevel::kInfo : LogLevel::kWarning, "replica_state",
                     {{"peer", replica.name},
                      {"address", replica.address.ToString()},
                      {"state", std::string(ToString(replica.state))}});
    if (!good) entry.level = LogLevel::kWarning;
    doors_.journal.Add(std::move(entry), Clock::now());
  }
  seen_ = std::move(seen);
  Decide();
  watch_alarm_.Set(Clock::now() + kWatchInterval);
}

// What operators ordered, and what most replicas find, becomes the state of the shards.
void Replication::Decide() {
  const auto live = LiveReplicas();
  if (decided_ == Ground{admin_.generation(), doors_.shards()->generation, live}) return;
  Obey();
  Rule();
  if (gossip_) Vote(live);
  decided_ = {admin_.generation(), doors_.shards()->generation, live};
}

void Replication::Obey() {
  const ShardSetPtr shards = doors_.shards();
  if (initial_drain_ && synced() && shards->answered) orders_.Meet(*shards, Clock::now());
  if (gossip_ && admin_.changed()) gossip_->LocalChanges();
  for (const Shard& shard : shards->shards) {
    const ShardOrder order = orders_.Of(shard.name, initial_drain_);
    if (!doors_.obey(shard.name, order)) continue;
    doors_.journal.NoteOrder(shard, order, Clock::now());
    doors_.log.Write(LogLevel::kInfo, "shard_order",
                     {{"shard", shard.name},
                      {"state", std::string(ToString(order.state))},
                      {"weight", ToString(order.weight.value_or(WeightOrder()))}});
  }
}

void Replication::Rule() {
  RoomRules rules = rooms_.Rules();
  if (rules == rules_) return;
  rules_ = std::move(rules);
  doors_.log.Write(
      LogLevel::kInfo, "rules_changed",
      {{"pins", std::to_string(rules_.pins.size())}, {"bans", std::to_string(rules_.bans.size())}});
  doors_.journal.Add({.kind = "rules_changed",
                      .detail = std::to_string(rules_.pins.size()) + " pins, " +
                                std::to_string(rules_.bans.size()) + " bans"},
                     Clock::now());
  doors_.set_rules(std::make_shared<const RoomRules>(rules_));
}

bool Replication::Order(const std::string& shard, const Instruction& instruction) {
  if (!orders_.Give(shard, instruction, Clock::now())) return false;
  OrdersChanged();
  return true;
}

void Replication::OrdersChanged() {
  if (gossip_) gossip_->LocalChanges();
  Decide();
}

void Replication::Vote(const std::vector<std::string>& live) {
  const ShardSetPtr shards = doors_.shards();
  votes_.Cast(*shards, Clock::now());
  if (admin_.changed()) gossip_->LocalChanges();
  for (const Shard& shard : shards->shards) {
    doors_.quorum(shard.id, votes_count_ ? votes_.Count(shard.name, live) : Quorum::kNone);
  }
}

std::vector<std::string> Replication::LiveReplicas() const {
  std::vector<std::string> live;
  if (!gossip_) return live;
  for (const ReplicaView& replica : gossip_->Replicas()) {
    if (IsLive(replica.state)) live.push_back(replica.name);
  }
  return live;
}

ReplicationView Replication::View() const {
  ReplicationView view{.gossips = gossip_ != nullptr,
                       .synced = synced(),
                       .split_rooms = split_rooms_,
                       .healed_rooms = healed_rooms_,
                       .heal = heal_times_,
                       .healing = healer_.waiting()};
  if (gossip_) {
    view.replicas = gossip_->Replicas();
    view.gossip = gossip_->counters().gossip;
    view.transport = gossip_->counters().transport;
    const auto live = LiveReplicas();
    const ShardSetPtr shards = doors_.shards();
    for (const Shard& shard : shards->shards) {
      view.down_votes.emplace_back(shard.name, votes_.Down(shard.name, live));
    }
  }
  if (haproxy_) view.haproxy = haproxy_->Peers();
  return view;
}

void Replication::Leave() {
  if (gossip_) gossip_->Leave();
}

void Replication::Stop(std::function<void()> drained) {
  stopped_ = true;
  heal_alarm_.Cancel();
  watch_alarm_.Cancel();
  patience_.Cancel();
  const auto stop_haproxy = [this, drained = std::move(drained)] {
    if (!haproxy_) return drained();
    haproxy_->Stop(drained);
  };
  if (!gossip_) return stop_haproxy();
  gossip_->Stop(stop_haproxy);
}

}  // namespace room_router
