// SPDX-License-Identifier: Apache-2.0
// What one worker's connections share: event loop, timeouts, buffers, pool, snapshots, counters.
//
// One per worker; everything in it is touched by that worker's thread only, except `directory` and
// `addresses` (thread-safe). Connections, exchanges and tunnels borrow it and never outlive it.
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "discovery/bridge_set.h"
#include "router/access_log.h"
#include "router/address_limits.h"
#include "router/config_snapshot.h"
#include "router/engine/event_loop.h"
#include "router/engine/timeouts.h"
#include "router/http/head.h"
#include "router/request_id.h"
#include "router/stats.h"
#include "router/upstream_pool.h"
#include "sticky/room_directory.h"

namespace room_router {

class ClientConnection;
class Exchange;
class Tunnel;

using ListHook = boost::intrusive::list_base_hook<>;

// What requests are routed by.
struct ShardSnapshot : Routing {
  bool named = true;  // answers say which shard; not before the table is that of the other replicas
};

// One read buffer for all connections of the thread, with room before it so that a rewritten head
// can be laid right before the body bytes it arrived with. Only what is read into it costs memory.
class Scratch {
 public:
  static constexpr size_t kHeadroom = 4 << 10, kSize = Channel::kMostAppetite;  // bytes
  char* data() { return bytes_.data() + kHeadroom; }
  // Lays `head` before `body` when body lies in this buffer and the head fits; else empty.
  std::string_view Join(std::string_view head, std::string_view body);

 private:
  std::array<char, kHeadroom + kSize> bytes_;
};

struct DataPlane {
  template <class Member>  // of a type that is incomplete here
  using List = boost::intrusive::list<Member, boost::intrusive::base_hook<ListHook>>;
  DataPlane(RoomDirectory& room_directory, AddressLimits& address_limits, AccessLogRing* ring);
  ~DataPlane();

  void Apply(std::shared_ptr<const ConfigSnapshot> snapshot);
  void Apply(std::shared_ptr<const ShardSnapshot> snapshot);
  void Apply(BridgeSetPtr snapshot) { bridges = std::move(snapshot); }
  // Its shard keeps rooms; one to a bridge lives as long as both ends.
  bool MayStay(const Tunnel& tunnel) const;
  EndpointStats& endpoint_stats(EndpointId id) { return stats.Of(id); }
  void Count(Refusal refusal) { ++stats.refusals[static_cast<size_t>(refusal)]; }
  void NoteConnect(EndpointId endpoint, bool connected);  // how an attempt ended
  const auto& NextRequestDigits() { return request_digits_.Next(); }
  uint64_t NextClientId() { return (uint64_t{worker} + 1) << 48 | ++client_count_; }
  // Best of two at random; one of `tried` or out of service only if need be. Null: there is none.
  const Endpoint* ChooseEndpoint(const Shard& shard, std::span<const EndpointId> tried);

  std::unique_ptr<Exchange> TakeExchange();
  void Recycle(std::unique_ptr<Exchange> exchange);

  TimeoutQueue timeouts;
  EventLoop loop;
  UpstreamPool pool;
  Scratch scratch;
  WorkerStats stats;
  std::shared_ptr<const ConfigSnapshot> config;
  std::shared_ptr<const ShardSnapshot> shards;
  BridgeSetPtr bridges;  // null = off
  RoomDirectory& directory;
  AddressLimits& addresses;
  AccessLogRing* access_log;                                       // null = off
  std::function<void(EndpointId, bool connected)> report_connect;  // failures, the first success
  std::function<void(uint16_t listener)> on_client_closed;         // a descriptor is free again
  // Reused by whoever is on the stack, never kept across events.
  http::RequestHead request_head;
  http::ResponseHead response_head;
  RoomRequest room_request;
  std::string head_out;
  List<ClientConnection> clients;  // owned; a connection removes itself
  List<Tunnel> tunnels;            // owned by their clients
  bool draining = false;
  uint16_t worker = 0;  // its number

 private:
  std::vector<std::unique_ptr<Exchange>> spare_exchanges_;
  std::set<EndpointId> failing_;  // the last attempt here failed
  RequestDigits request_digits_;
  uint64_t client_count_ = 0, random_state_;
};

}  // namespace room_router
