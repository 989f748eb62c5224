// SPDX-License-Identifier: Apache-2.0
// All that is known of one endpoint: where it is, what its checks and its agent say, how
// connections to it fare.
//
// A value of the catalog, no clock, no events. It takes in one result at a time and says what of it
// is news; the catalog makes events and states of shards of it.
#pragma once

#include <string>

#include "discovery/agent_reply.h"
#include "discovery/ejection.h"
#include "discovery/endpoint_health.h"
#include "discovery/probe_result.h"
#include "discovery/shard_set.h"

namespace room_router {

struct EndpointRecord {
  struct News {
    bool verdict = false, agent = false;
    bool visible = false;  // in a snapshot; how long the check took does not count
  };

  News Take(const ProbeResult& result, EndpointHealth::Rules rules, TimePoint now);
  News Force(const ForcedResult& result, TimePoint now);
  bool IsUp(TimePoint now) const {
    return health.usable() && !agent.down() && !ejection.IsOut(now);
  }
  bool IsFoundDown() const { return health.verdict() == Health::kBad || agent.down(); }
  Endpoint Show(EndpointId id, TimePoint now) const;

  ShardId shard = kNoShard;
  std::string name{}, name_space{}, host{};
  SocketAddress address;
  bool present = false;
  EndpointHealth health{};
  ProbeResult last{};
  AgentReply agent{};  // all it has said since the endpoint is there
  Ejection ejection{};
  Availability availability{};
};

}  // namespace room_router
