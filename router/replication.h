// SPDX-License-Identifier: Apache-2.0
// All that a replica shares with others: gossip with its like, the peers protocol with HAProxys,
// the healing of rooms that two of them had placed apart, and the votes on shards that are down.
//
// Absent parts cost nothing: without `peers:` this is an empty shell that is always synced. Synced
// means that gossip is, and that the HAProxys that can be reached have told what they know or
// peers.sync_timeout has passed. Control thread, but for TableChanged and Displaced. Stop() and its
// `drained` before destruction.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "discovery/alarm.h"
#include "router/journal.h"
#include "router/log.h"
#include "router/moved_rooms.h"
#include "router/replication_view.h"
#include "router/split_healer.h"
#include "sticky/gossip_service.h"
#include "sticky/haproxy_peers_transport.h"
#include "sticky/room_orders.h"
#include "sticky/shard_orders.h"
#include "sticky/shard_votes.h"

namespace room_router {

class Replication {
 public:
  struct Doors {  // into the rest of the replica
    StickTable& table;
    ShardNames& names;
    HybridClock& clock;
    Log& log;
    Journal& journal;
    std::function<void(const Event&)> note;  // what discovery notices
    std::function<ShardSetPtr()> shards;
    haproxy::ReadName read_name;
    std::function<void(const MovedRoomsPtr&)> end_sessions;
    std::function<void(ShardId)> unknown_shard;
    std::function<void(ShardId, Quorum)> quorum;  // when it is counted; often the same
    std::function<bool(const std::string& shard, const ShardOrder&)> obey;  // whether it is news
    std::function<void(RoomRulesPtr)> set_rules;  // when they have changed; not for none at first
    std::function<void()> synced;                 // once, unless synced from the start
  };
  using WallTime = std::chrono::system_clock::time_point;
  Replication(boost::asio::io_context& io, const config::Config& config, WallTime started,
              Doors doors);

  // `started`: of this life of the replica; the same moment twice.
  static HybridClock MakeClock(const std::string& replica, WallTime started, TimePoint now);
  static bool IsOn(const config::Peers& peers);  // whether the table needs a clock

  std::string Open();                         // what went wrong; empty = nothing
  void TableChanged();                        // StickTable::Options::on_change; any thread
  void Displaced(KeyNamespace, RoomKey key);  // … and on_displaced
  void ShardsChanged();
  void Reconfigure(const config::Config& config);
  bool synced() const { return haproxy_heard_ && (!gossip_ || gossip_->synced()); }
  ReplicationView View() const;
  // Of an operator, for all replicas; false when no more orders can be kept.
  bool Order(const std::string& shard, const Instruction& instruction);
  RoomOrders& room_orders() { return rooms_; }
  void OrdersChanged();  // tells the other replicas, and obeys

  void Leave();  // this replica stops: Stop() then waits until the others have been told
  void Stop(std::function<void()> drained);

 private:
  void TakeChanges();
  void HaproxyHeard();
  void CheckSynced();
  void Take(const std::vector<Gossip::Adopted>& conflicts);
  void NoteLoss(const CellRecord& record, const StickTable::MergeResult& result);
  void Heal();
  void Watch();
  void Decide();
  void Obey();
  void Rule();
  void Vote(const std::vector<std::string>& live);
  std::vector<std::string> LiveReplicas() const;

  boost::asio::io_context& io_;
  const Doors doors_;
  const Duration sync_timeout_;
  bool heal_ = true, votes_count_ = true, initial_drain_ = false, stopped_ = false;
  AdminCells admin_;
  ShardVotes votes_;
  ShardOrders orders_;
  RoomOrders rooms_;
  RoomRules rules_;  // as last given to Doors::set_rules
  SplitHealer healer_;
  Alarm heal_alarm_, watch_alarm_, patience_;
  std::unique_ptr<GossipService> gossip_;  // null: not configured
  std::unique_ptr<HaproxyPeers> haproxy_;  // null: not configured
  bool haproxy_open_ = false;              // once the shards are known
  bool haproxy_heard_ = true;
  uint64_t split_rooms_ = 0, healed_rooms_ = 0;
  Histogram heal_times_;
  std::map<std::string, ReplicaState> seen_;  // of the others, as logged
  struct Ground {  // what was decided on: generations of cells and shards, who lives
    uint64_t cells = 0, shards = 0;
    std::vector<std::string> live;
    bool operator==(const Ground&) const = default;
  } decided_;
};

}  // namespace room_router
