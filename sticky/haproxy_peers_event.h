// SPDX-License-Identifier: Apache-2.0
// Something about an HAProxy peer that an operator may want to read, as a value. `ToString(kind)`
// is the event's name in the log and stable; `detail` is a sentence for people, without room names.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace room_router::haproxy {

struct Event {
  enum class Kind : uint8_t {
    kConnected,      //
    kLost,           // detail: why
    kRefused,        // a hello, ours or theirs
    kMismatch,       // a table that cannot be shared, or shared badly
    kUnknownServer,  // once per server key
    kResynced,       // its table has been learned
  };
  Kind kind = Kind::kLost;
  config::LogLevel level = config::LogLevel::kWarning;
  std::string peer{}, detail{};
};
std::string_view ToString(Event::Kind kind);  // "haproxy_peer_connected" …

}  // namespace room_router::haproxy
