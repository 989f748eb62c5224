// SPDX-License-Identifier: Apache-2.0
// What the clients connected to a worker are doing, and which of them are to be ended.
//
// An order goes to every worker, which looks through its connections once and reports at most
// `most` of those that match; ending one closes it and whatever it has under way. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router {

// Where an exchange or tunnel goes.
struct Destination {
  ShardId shard = kNoShard;
  EndpointId endpoint = kNoEndpoint;
  bool has_room = false;
  KeyNamespace key_namespace = KeyNamespace::kRoom;
  RoomKey key;
};

struct SessionFacts {
  enum class Phase : uint8_t { kIdle, kRequest, kExchange, kTunnel, kClosing };
  uint64_t id = 0;  // unique in the process, never reused
  std::string ip;
  uint16_t port = 0, listener = 0;
  Phase phase = Phase::kIdle;
  TimePoint begun;          // when it connected
  TimePoint request_begun;  // of the request or tunnel under way
  uint64_t requests = 0;    // so far
  Destination destination;  // while phase is kExchange or kTunnel
};
std::string_view ToString(SessionFacts::Phase phase);

struct SessionOrder {
  std::optional<uint64_t> id;                        // this one,
  std::optional<std::vector<EndpointId>> endpoints;  // or those that go to one of these, or all
  bool end = false;
  size_t most = 1000;

  bool Concerns(const SessionFacts& session) const;
};

struct SessionReport {
  std::vector<SessionFacts> sessions;
  uint64_t matched = 0;  // those that were not reported included
};

// Of all workers, by age, at most `most`.
SessionReport Join(std::vector<SessionReport> reports, size_t most);

}  // namespace room_router
