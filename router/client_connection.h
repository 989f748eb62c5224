// SPDX-License-Identifier: Apache-2.0
// One client's connection: reads request heads, hands each to an exchange, one at a time.
//
//   (preamble ─ PROXY header ─▸) idle ─ first byte ─▸ head ─ whole head ─▸ exchange ─▸ idle … ─▸
//   closing ─▸ closed
//                                              └─ 101 ─▸ tunnel ─▸ closed
//
// Owns its channel, the bytes read ahead (pipelined requests) and the exchange or tunnel in
// progress. Lives in DataPlane::clients; destroys itself (by burial) when closed. One thread.
#pragma once

#include <memory>
#include <string>

#include "router/client_limits.h"
#include "router/data_plane.h"
#include "router/engine/channel.h"
#include "router/live_sessions.h"
#include "router/moved_rooms.h"

namespace room_router {

class ClientConnection final : public EventHandler, public Timed, public ListHook {
 public:
  // `counted`: among the connections of its address (client_limits.h).
  ClientConnection(DataPlane& plane, std::unique_ptr<Transport> transport,
                   const SocketAddress& peer, uint16_t listener, bool counted = false);
  ~ClientConnection() override;

  void OnEvents(uint32_t events) override;
  void OnTimeout(TimeoutClass timeout) override;
  // The worker is draining: closes when idle, unless it is still to bring its first request.
  void BeginDrain();
  void Close();
  // Closes when the session in progress is to end; says whether it was.
  bool Leave(const MovedRooms& moved);
  SessionFacts facts() const;
  // As Leave, whatever it does: an operator said so.
  void EndByOperator();
  // Never reached the event loop: undoes the construction.
  void GiveUp();
  bool closed() const { return phase_ == Phase::kClosed; }

  // --- for the exchange or tunnel in progress ---
  // Body bytes: those read ahead first, then from the network into the scratch buffer. kOk leaves
  // them in `bytes`; what is not consumed must be given back with PutBack.
  IoResult::Status ReadAhead(std::string_view& bytes);
  void PutBack(std::string_view rest);
  // The response is complete (its bytes may still be on their way out).
  void ExchangeDone(bool keep_alive);
  // 101 was relayed: from now on bytes flow through the tunnel.
  void BecomeTunnel(std::unique_ptr<Tunnel> tunnel);
  // Whatever can go on now: flush, next request, close.
  void Resume();
  void Arm(TimeoutClass timeout) { plane_.timeouts.Arm(*this, timeout, plane_.loop.now()); }
  ListenerStats& stats() { return plane_.stats.listeners[listener_]; }

  Channel channel;
  std::string_view ip() const { return ip_; }  // the client's address
  uint16_t port() const { return port_; }
  uint16_t listener() const { return listener_; }
  // What an endpoint is told of whom a connection is for (PROXY protocol).
  std::string preface() const;
  bool trusted() const { return trusted_; }
  bool tls() const { return plane_.config->listener_tls[listener_] != nullptr; }
  Asker asker() const { return {plane_.addresses, address_, trusted_}; }
  TimePoint request_begun() const { return request_begun_; }

 private:
  enum class Phase : uint8_t {
    kIdle,
    kHead,
    kExchange,
    kTunnel,
    kClosing,
    kLingering,
    kClosed,
    kPreamble
  };

  void ReadProxyHeader();
  void TurnAway(Refusal refusal);
  void TakeSource(const SocketAddress& source);
  bool ReadRequest();
  bool ReadMore(std::string_view& view);
  void Serve(std::string_view view);
  void Refuse(Refusal refusal);
  void FinishClosing();
  void Linger();

  DataPlane& plane_;
  std::string ip_;
  std::string input_;  // read but not consumed; no memory while idle
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Tunnel> tunnel_;
  const uint64_t id_;
  const TimePoint begun_;
  TimePoint request_begun_;  // first byte of the request
  AddressKey address_;
  uint32_t requests_ = 0;
  uint16_t pipelined_ = 0;  // requests in a row that were read ahead
  bool counted_;            // among the connections of its address
  uint16_t port_, listener_;
  Phase phase_ = Phase::kIdle;
  bool trusted_;
  bool input_is_new_ = false;  // input_ holds bytes no parser has seen
  bool first_request_ = true;
};

}  // namespace room_router
