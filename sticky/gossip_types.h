// SPDX-License-Identifier: Apache-2.0
// The vocabulary of gossip: settings, what the core asks its shell to do, what it counts and shows.
//
// Plain values without behaviour. Sizes are bytes of frames without the transport's length prefix.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/clock.h"
#include "config/histogram.h"
#include "config/socket_address.h"

namespace room_router {

using LinkId = uint64_t;  // one stream to another replica; the shell never uses one twice

// Why a link was closed here, or why the other side says it closed it.
enum class CloseReason : uint8_t {
  kSelf,          // it led to ourselves
  kDuplicate,     // there is another link to that replica
  kWrongCluster,  //
  kVersion,       // the other side speaks no version of the protocol we know
  kProtocol,      // no frame of this protocol, or one before Hello
  kNameTaken,     // the other side bears our name
  kReplaced,      // a newer life of that replica has come
  kNoHello,       // nothing said in time
  kSilent,        // no answer in time
  kViewFull,      // we have links enough
  kViewChange,    // we look at others now and then
  kLeaving,       // that replica stops
};
inline constexpr size_t kCloseReasons = 12;
std::string_view ToString(CloseReason reason);  // "wrong-cluster" …

enum class ReplicaState : uint8_t { kAlive, kSuspect, kDead, kLeft };
std::string_view ToString(ReplicaState state);
constexpr bool IsLive(ReplicaState state) {  // not given up; its votes count
  return state == ReplicaState::kAlive || state == ReplicaState::kSuspect;
}

struct GossipSettings {
  std::string name, cluster;
  uint64_t start =
      0;  // greater in every later life of a replica of this name, e.g. wall time in µs
  uint16_t port = 0;  // where we listen, advertised with our IP on each link
  size_t active_view = 12, fanout = 4;
  Duration batch_interval{5}, sync_interval{5000}, sync_timeout{10'000}, probe_interval{1000};
  Duration probe_timeout{500}, suspicion{4000}, forget{600'000}, refresh_interval{30'000};
  Duration dial_backoff{250}, dial_backoff_max{30'000}, hello_timeout{5000}, silence{5000};
  Duration leave_grace{60'000};
  size_t frame_limit = size_t{256} << 10, batch_limit = size_t{64} << 10;
  size_t queue_limit = size_t{4} << 20;  // per link
  size_t members_limit = 4096, shard_names_limit = 4096, peers_limit = 1024, events_limit = 4096;
};

// What the shell does next, in this order. A link that is closed first gets written what stands
// before it and what is still queued (for a moment: a peer that does not read is no reason to
// wait).
struct GossipOutput {
  std::vector<std::pair<LinkId, std::string>> frames;
  std::vector<SocketAddress> dials;                    // each is answered by LinkUp or DialFailed
  std::vector<std::pair<LinkId, CloseReason>> closes;  // no LinkDown needs to follow
};

struct ReplicaView {
  std::string name;
  SocketAddress address;
  ReplicaState state = ReplicaState::kAlive;
  bool self = false, linked = false, synced = false;
  uint64_t start = 0;
  uint32_t incarnation = 0;
  TimePoint since;      // when `state` was entered, as seen here
  TimePoint linked_at;  // while linked: when both sides had greeted
  Duration rtt{0};      // of the link; 0 = not measured yet
  TimePoint last_sync;  // with it, completed; epoch = never
  size_t queued = 0;    // bytes waiting on the link
};

struct GossipStats {  // since start
  uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
  uint64_t records_in = 0, records_out = 0, adopted = 0, renewed = 0, stale = 0, splits = 0;
  uint64_t forwarded = 0;        // records told on because they were news here
  uint64_t refused_full = 0;     // the table had no place for them
  uint64_t refused_clock = 0;    // from a replica more than an hour ahead
  uint64_t refused_names = 0;    // shard names over the limit
  uint64_t refused_admin = 0;    // admin cells over a limit, or votes of replicas we don't know
  uint64_t refused_members = 0;  // replicas over the limit
  uint64_t malformed = 0;        // parts of frames that made no sense, skipped
  uint64_t unknown = 0;          // frames with parts of a later version, ignored
  uint64_t dropped_frames = 0;   // for want of room in a link's queue; repaired by a sync
  uint64_t dropped_events = 0;   // conflicts nobody took in time
  uint64_t dials = 0, dials_failed = 0, links = 0, name_conflicts = 0;
  uint64_t suspicions = 0, refutations = 0, deaths = 0;
  uint64_t syncs = 0, syncs_failed = 0, sync_records_in = 0;
  Histogram propagation;  // from a binding made there until it was adopted here, syncs excepted
  std::array<uint64_t, kCloseReasons> closed_here{}, closed_there{};
};

}  // namespace room_router
