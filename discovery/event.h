// SPDX-License-Identifier: Apache-2.0
// Something discovery noticed that an operator may want to read, as a value.
//
// Discovery never logs: the catalog and the shell hand events to whoever owns the log. `kind` is
// the event's name in the log and stable; `detail` is a sentence for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace room_router {

struct Event {
  enum class Kind : uint8_t {
    kShardAdded,
    kShardRemoved,
    kShardState,       // detail: "up -> soft_down"; reason: "L4CON" or whose word it is
    kEndpointAdded,    //
    kEndpointRemoved,  //
    kEndpointHealth,   // detail: "good -> bad, L4CON"
    kEndpointAgent,    // detail: "drain 50% # upgrade"
    kEndpointEjected,  // connections to it fail
    kTargetObsolete,   // a DNS answer no longer has it
    kLookupFailed,     // once per series of failures
    kLookupRecovered,
    kNaming,  // a target whose name makes a poor or no shard name
    kBridgeAdded,
    kBridgeRemoved,
    kBridgeAmbiguous,  // an id that several addresses claim
  };
  Kind kind;
  config::LogLevel level = config::LogLevel::kInfo;
  std::string shard{}, endpoint{}, detail{};
  std::string from{}, to{}, reason{};  // of kShardState and kEndpointHealth, also in `detail`
};

constexpr std::string_view ToString(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kShardAdded:
      return "shard_added";
    case Event::Kind::kShardRemoved:
      return "shard_removed";
    case Event::Kind::kShardState:
      return "shard_state";
    case Event::Kind::kEndpointAdded:
      return "endpoint_added";
    case Event::Kind::kEndpointRemoved:
      return "endpoint_removed";
    case Event::Kind::kEndpointHealth:
      return "endpoint_health";
    case Event::Kind::kEndpointAgent:
      return "endpoint_agent";
    case Event::Kind::kEndpointEjected:
      return "endpoint_ejected";
    case Event::Kind::kTargetObsolete:
      return "target_obsolete";
    case Event::Kind::kLookupFailed:
      return "lookup_failed";
    case Event::Kind::kLookupRecovered:
      return "lookup_recovered";
    case Event::Kind::kNaming:
      return "shard_naming";
    case Event::Kind::kBridgeAdded:
      return "bridge_added";
    case Event::Kind::kBridgeRemoved:
      return "bridge_removed";
    case Event::Kind::kBridgeAmbiguous:
      return "bridge_ambiguous";
  }
  return "";
}

using Events = std::vector<Event>;

}  // namespace room_router
