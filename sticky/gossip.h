// SPDX-License-Identifier: Apache-2.0
// What replicas tell each other: rooms, admin cells and who they are. docs/gossip.md has the
// protocol and what it promises.
//
// The core as a state machine: frames, events of links and `now` in; frames, dials and closes out.
// No sockets, no clock, no randomness but `seed`. After any call: take the output, and call Tick at
// NextDeadline. Control thread only; the table may be used by others meanwhile. Peers are
// authenticated by the transport but not trusted: whatever they send, nothing crashes, everything
// they can make grow has a limit and a counter. A frame is one protobuf message (gossip.proto).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "discovery/shard_names.h"
#include "sticky/admin_cells.h"
#include "sticky/cell.h"
#include "sticky/gossip_types.h"
#include "sticky/hybrid_clock.h"
#include "sticky/stick_table.h"

namespace room_router {

// For the HybridClock: differs between replicas and between the lives of one.
uint64_t ReplicaId(std::string_view name, uint64_t start);

class Gossip {
 public:
  using Settings = GossipSettings;
  using Output = GossipOutput;
  using Stats = GossipStats;

  // Borrows all but the settings. `seed` should be random in production.
  struct Shared {
    StickTable& table;
    ShardNames& names;
    AdminCells& admin;
    HybridClock& clock;
    // Also gets the records that changed here, as they are taken to be told; may be empty.
    std::function<void(std::span<const CellRecord>, TimePoint now)> also_told{};
  };
  Gossip(const Settings& settings, const Shared& shared, uint64_t seed, TimePoint now);
  ~Gossip();

  // The addresses of the replicas by DNS or configuration; ours may be among them. Replaces those
  // set before; links to others stay. An empty list means that this replica is alone, unless it is
  // not `complete`: while a name has had no answer yet.
  void SetPeers(std::vector<SocketAddress> addresses, TimePoint now, bool complete = true);

  // `dialled`: the address as asked for in Output, nothing when the other side dialled. `local`:
  // our end of it; its IP with the port of the settings is what we advertise.
  void LinkUp(LinkId link, std::optional<SocketAddress> dialled, const SocketAddress& local,
              TimePoint now);
  void LinkDown(LinkId link, TimePoint now);
  void DialFailed(const SocketAddress& address, TimePoint now);
  void Receive(LinkId link, std::string_view frame, TimePoint now);
  // What still has to be written on it, of all frames taken: back-pressure. Tell it when it
  // shrinks.
  void Queued(LinkId link, size_t bytes, TimePoint now);

  void LocalChanges(TimePoint now);  // the table or the admin cells have changes waiting
  void Tick(TimePoint now);
  TimePoint NextDeadline() const;
  Output TakeOutput();

  // Merges that moved a room away from a shard here: what split healing looks at.
  struct Adopted {
    CellRecord record;
    StickTable::MergeResult result;
  };
  std::vector<Adopted> TakeConflicts();
  // Shards first heard of here; discovery may not know them yet.
  std::vector<ShardId> TakeUnknownShards();

  // Whether the table is as good as that of the others: synced from one of them, none could be
  // reached within sync_timeout, or there are none.
  bool synced(TimePoint now) const;
  // Keeps rooms held here for leave_grace, and tells everybody that this replica stops. Close the
  // links when what is queued is written.
  void Leave(TimePoint now);

  std::vector<ReplicaView> Replicas(TimePoint now) const;  // ourselves first, then by name
  size_t LiveReplicas() const;  // ourselves, the alive and the suspect: whose votes count
  const Stats& stats() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace room_router
