// SPDX-License-Identifier: Apache-2.0
// What HAProxy peers and the stick table learn from each other.
//
// One rule decides: a room bound here to a shard that keeps its rooms stays, and every HAProxy is
// corrected; otherwise it is bound as HAProxy says. The same shard renews the lease. HAProxy is
// taught what changes here (an update, which lives its whole time there) and, when it asks or has
// missed too much, the whole table (with the lease left). What came from HAProxy is not told again,
// except in lessons it asks for: in a peers section everybody talks to everybody.
// Every HAProxy is asked for its table once, and again when a server it spoke of becomes known.
//
// Pure: sessions are the transport's, which calls Begin, Take, Fill while there is room, and End.
// One thread; the table is thread-safe. Never tells room names to the log.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "sticky/haproxy_peers_event.h"
#include "sticky/haproxy_peers_names.h"
#include "sticky/haproxy_peers_pupil.h"

namespace room_router::haproxy {

class TableExchange {
 public:
  static constexpr size_t kLogLimit = 1 << 16;     // rooms changed and not yet acknowledged
  static constexpr size_t kMostMarks = 1 << 17;    // rooms learned lately
  static constexpr size_t kMostServers = 1 << 12;  // server keys remembered
  static constexpr Duration kMarkLife{2'000};      // TakeChanges has told us back by then
  static constexpr Duration kUnsure{5'000};        // after the start: others may know more

  struct Sources {
    std::function<std::shared_ptr<const ShardSet>()> shards;
    ReadName read_name;
    std::function<void(Event)> log;
    // Once: an HAProxy that is up to date has told its table, or every one has told what it knows
    // or cannot be reached. Later ones may know more.
    std::function<void()> heard;
  };

  // `expire`: of the table. Peers are numbered in the order of `names`. Without `server_key` shards
  // are taught by name until an HAProxy says an address; until then one with `srvkey addr` cannot
  // follow what it is taught.
  struct Settings {
    std::string table;
    Duration expire{0};
    std::vector<std::string> names;
    std::optional<ServerKeyForm> server_key{};
  };
  TableExchange(const Settings& settings, StickTable& table, Sources sources, TimePoint now);
  TableExchange(const TableExchange&) = delete;
  TableExchange& operator=(const TableExchange&) = delete;

  void Begin(size_t peer, PeerSession& session, TimePoint now);
  void End(size_t peer) { peers_[peer].pupil.End(); }
  void Unreachable(size_t peer);  // or it refuses us
  void Take(size_t peer, const SessionEvent& event, TimePoint now);
  void Fill(size_t peer, TimePoint now);

  // Changes made here (StickTable::TakeChanges).
  void Teach(std::span<const CellRecord> records, TimePoint now);
  // There is a new snapshot.
  void ShardsChanged();

  const PeerCounters& counters(size_t peer) const { return peers_[peer].pupil.counters; }
  const std::string& mismatch(size_t peer) const { return peers_[peer].mismatch; }  // empty = none
  uint64_t key_length(size_t peer) const { return peers_[peer].pupil.key_length(); }

 private:
  struct Peer {
    std::string name;
    Pupil pupil{};
    std::string mismatch{}, warning{};  // as last reported
    bool asked = false;                 // its table has come
    bool unreachable = false;
  };
  struct Mark {
    ShardId shard = kNoShard;
    TimePoint until;
  };

  void Learn(size_t peer, const SessionEvent& event, TimePoint now);
  std::optional<ShardId> FindServer(Peer& peer, const std::string& server_key);
  void NoteForm(Peer& peer, ServerKeyForm form);
  void Remember(RoomKey key, ShardId shard, TimePoint now);
  bool IsEcho(const CellRecord& record, TimePoint now);
  void ForgetMarks(TimePoint now);
  void CheckTable(Peer& peer);
  void EndResync(Peer& peer, bool complete);
  void CheckHeard(bool complete);
  void ReportMismatch(Peer& peer, std::string detail);
  std::optional<Pupil::Wording> Word(RoomKey key, std::string_view display, ShardId shard,
                                     PeerCounters& counters);
  void TrimLog();

  StickTable& table_;
  const Settings settings_;
  const Sources sources_;
  std::vector<Peer> peers_;
  TeachingLog log_{kLogLimit};
  const Pupil::School school_;
  ServerKeyForm form_;
  std::map<std::string, Server, std::less<>> servers_;    // by server key
  std::unordered_map<RoomKey, Mark, RoomKeyHash> marks_;  // rooms learned lately
  std::deque<std::pair<RoomKey, TimePoint>> mark_order_;
  const TimePoint started_;
  bool synced_ = false, heard_ = false;
  RoomRequest request_;
};

}  // namespace room_router::haproxy
