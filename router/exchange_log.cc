// SPDX-License-Identifier: Apache-2.0
#include "router/exchange_log.h"

#include <array>

namespace room_router {
namespace {

int64_t Span(TimePoint from, TimePoint to) {
  if (from == TimePoint{} || to == TimePoint{}) return -1;
  return static_cast<int64_t>(Milliseconds(to - from));
}

}  // namespace

void ExchangeLog::Begin(std::string_view ip, uint16_t port, const http::RequestHead& head) {
  BeginRefused(ip, port);
  method = head.method;
  target = head.target;
  minor_version = head.minor_version;
}

void ExchangeLog::BeginRefused(std::string_view ip, uint16_t port) {
  client_ip = ip;
  client_port = port;
  for (std::string* text : {&method, &target, &room, &tenant, &shard, &endpoint, &request_id}) {
    text->clear();
  }
  request_class = RequestClass::kOther;
  key = {};
  times = {};
  load = {};
  tunnel = false;
}

void ExchangeLog::TakeRoom(const RoomRequest& request) {
  request_class = request.request_class;
  if (!request.has_key) return;
  key = request.key;
  room = request.room;
  tenant = request.tenant;
}

void ExchangeLog::Write(AccessLogRing& ring, int status, uint64_t bytes,
                        std::string_view termination, TimePoint now) const {
  const std::array<char, 4> four = {termination[0], termination[1], '-', '-'};
  const auto age =
      std::chrono::duration_cast<std::chrono::system_clock::duration>(now - times.begun);
  ring.Write({.client_ip = client_ip,
              .client_port = client_port,
              .start = std::chrono::system_clock::now() - age,
              .listener = listener,
              .shard = shard,
              .endpoint = endpoint,
              .request_ms = Span(times.begun, times.head_complete),
              .connect_ms = Span(times.connect_begun, times.connected),
              .response_ms = Span(times.connected, times.first_byte),
              .total_ms = Span(times.begun, now),
              .status = status,
              .bytes = bytes,
              .termination = {four.data(), four.size()},
              .connections = load.listener_connections,
              .listener_connections = load.listener_connections,
              .backend_outstanding = load.endpoint_outstanding,
              .endpoint_outstanding = load.endpoint_outstanding,
              .retries = load.retries,
              .method = method,
              .target = target,
              .minor_version = minor_version,
              .request_class = request_class,
              .key = key,
              .room = room,
              .tenant = tenant,
              .request_id = request_id,
              .tunnel = tunnel});
}

}  // namespace room_router
