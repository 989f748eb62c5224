// SPDX-License-Identifier: Apache-2.0
// An upgraded connection: bytes both ways until both directions have ended (RFC 6455 §4, after
// 101).
//
// Owns no buffer; reads into the worker's scratch and reads a side only while the other one takes
// bytes. A half-close is relayed as a half-close. Holds its room's session in the stick table, so
// the room cannot expire or be evicted while the tunnel lives. Owned by its client connection.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "router/client_connection.h"
#include "router/exchange_log.h"
#include "router/live_sessions.h"
#include "router/moved_rooms.h"
#include "router/upstream_pool.h"

namespace room_router {

class Tunnel final : public EventHandler, public ListHook {
 public:
  struct Origin {  // what the exchange knew; kept for the lease and the log line at the end
    bool has_key = false;
    KeyNamespace key_namespace = KeyNamespace::kRoom;
    RoomKey key;
    ShardId shard = kNoShard;
    uint64_t bytes_in = 0, bytes_out = 0;  // of the handshake
    std::unique_ptr<ExchangeLog> log;      // null when the access log is off
  };

  Tunnel(DataPlane& plane, ClientConnection& client, std::unique_ptr<UpstreamConnection> upstream,
         Origin origin);
  ~Tunnel() override;

  // Begins with what the client sent after its upgrade request.
  void Start(std::string_view early);
  void OnEvents(uint32_t events) override;  // the upstream's
  void OnClientEvents() { Pump(); }
  void OnTimeout();
  ShardId shard() const { return origin_.shard; }
  std::optional<LiveSession> session() const;
  Destination destination() const;
  // The shard is gone, or the room lives elsewhere.
  void EndByRouter();
  // The client connection closes: gives back the upstream and the session, writes the log line.
  void End();

 private:
  void Pump();
  // Moves what can be moved; false when the tunnel must end.
  bool Relay(Channel& from, Channel& to, uint64_t& bytes);
  void Account(uint64_t in, uint64_t out);

  DataPlane& plane_;
  ClientConnection& client_;
  std::unique_ptr<UpstreamConnection> upstream_;
  Origin origin_;
  bool misplaced_ = false;        // the room moved while the shard was asked for the upgrade
  std::string_view termination_;  // why it ended, when not by the peers
};

}  // namespace room_router
