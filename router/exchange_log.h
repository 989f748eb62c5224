// SPDX-License-Identifier: Apache-2.0
// When the phases of an exchange happened, and what of it the access log wants at its end.
//
// An ExchangeLog exists only while the access log is on; it copies what it needs, because the bytes
// of the head are gone when the line is written. A tunnel keeps it until it ends. Times are the
// worker's batch times (resolution: one event batch).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/clock.h"
#include "router/access_log.h"
#include "router/http/head.h"

namespace room_router {

inline uint64_t Milliseconds(Clock::duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms > 0 ? static_cast<uint64_t>(ms) : 0;
}

struct ExchangeTimes {
  TimePoint begun;  // first byte of the request
  TimePoint head_complete;
  TimePoint connect_begun;
  TimePoint connected;   // or taken from the pool
  TimePoint first_byte;  // of the response
};

// Load of the moment the line is written, as httplog shows it.
struct LogLoad {
  uint32_t listener_connections = 0, endpoint_outstanding = 0, retries = 0;
};

struct ExchangeLog {
  void Begin(std::string_view ip, uint16_t port, const http::RequestHead& head);
  // A request that could not be read: neither method nor target are known.
  void BeginRefused(std::string_view ip, uint16_t port);
  void TakeRoom(const RoomRequest& request);

  // `termination`: HAProxy's two letters. `now` ends the exchange.
  void Write(AccessLogRing& ring, int status, uint64_t bytes, std::string_view termination,
             TimePoint now) const;

  std::string client_ip;
  uint16_t client_port = 0;
  std::string listener;  // its name; a copy, since a reload replaces the configuration
  std::string method, target, room, tenant, shard, endpoint, request_id;
  int minor_version = 1;
  RequestClass request_class = RequestClass::kOther;
  RoomKey key;
  ExchangeTimes times;
  LogLoad load;
  bool tunnel = false;
};

}  // namespace room_router
