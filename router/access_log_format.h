// SPDX-License-Identifier: Apache-2.0
// One access-log record as a line: JSON, or HAProxy's `option httplog` format (which halog reads).
//
// Pure, allocation-free, bounded: a record never needs more than Bound() bytes and never more than
// kMaxLine. Bytes that could break a line or a parser are escaped. Room names (in their own field
// and inside the target) are written plainly, as 16 hexadecimal digits of the room key, or not at
// all; secrets in the query are always replaced by `***`.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "config/config.h"
#include "sticky/room_key.h"

namespace room_router {

// Plain values, borrowed for the call. Times in ms; -1 = that phase was not reached. Texts marked
// `own` are the router's and printable; the others may hold any bytes.
struct AccessRecord {
  std::string_view client_ip;  // own
  uint16_t client_port = 0;
  std::chrono::system_clock::time_point start;
  std::string_view listener;  // own: ListenerName()
  std::string_view shard;     // empty = none was chosen
  std::string_view endpoint;  // empty when the shard has only one; without a shard: the bridge
  int64_t request_ms = 0, queue_ms = 0, connect_ms = -1, response_ms = -1, total_ms = 0;
  int status = 0;
  uint64_t bytes = 0;                     // sent to the client
  std::string_view termination = "----";  // own: HAProxy's four characters
  uint32_t connections = 0;               // of the process, of the listener, …
  uint32_t listener_connections = 0;
  uint32_t backend_outstanding = 0, endpoint_outstanding = 0;
  uint32_t retries = 0;
  std::string_view method, target;  // empty = the request could not be read
  int minor_version = 1;
  // How the target is masked; the default hides most, for requests refused before they were read.
  RequestClass request_class = RequestClass::kPage;
  RoomKey key;            // of `room`, for hashed names
  std::string_view room;  // normalised, without tenant; empty = none
  std::string_view tenant;
  std::string_view request_id;  // own
  bool tunnel = false;
};

// The wall clock as text, computed once per second.
class AccessClock {
 public:
  // "2026-11-20T17:53:34" (UTC) and "20/Nov/2026:17:53:34" (local), as HAProxy does.
  std::string_view Utc(std::time_t second);
  std::string_view Local(std::time_t second);

 private:
  std::time_t utc_second_ = -1, local_second_ = -1;
  std::array<char, 32> utc_{}, local_{};
};

class AccessLogFormat {
 public:
  static constexpr size_t kMaxTarget = 2048;  // bytes of the target that are shown
  static constexpr size_t kMaxRoom = 1300;
  static constexpr size_t kMaxName = 256;  // of any other text
  static constexpr size_t kMaxLine = 64 << 10;

  AccessLogFormat(config::AccessFormat format, config::RoomNames names, std::string_view backend);

  size_t Bound(const AccessRecord& record) const;
  // Writes one line, line feed included, and returns its end. `out` has Bound() bytes.
  char* Write(const AccessRecord& record, AccessClock& clock, char* out) const;

 private:
  char* WriteJson(const AccessRecord& record, AccessClock& clock, char* out) const;
  char* WriteHttplog(const AccessRecord& record, AccessClock& clock, char* out) const;

  config::AccessFormat format_;
  config::RoomNames names_;
  std::string backend_;
};

}  // namespace room_router
