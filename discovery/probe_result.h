// SPDX-License-Identifier: Apache-2.0
// What one round of checks said about one endpoint, as a value.
#pragma once

#include <optional>
#include <string>

#include "discovery/agent_reply.h"
#include "discovery/endpoint_health.h"
#include "discovery/shard_set.h"

namespace room_router {

struct ProbeResult {
  EndpointId endpoint = kNoEndpoint;
  Health health = Health::kBad;  // kGood, kSoft or kBad
  std::string status;            // "L4OK", "L7OK/200", "L7STS/503", "L4TOUT" … as HAProxy says it
  std::string why{};             // more about it, for people: "certificate has expired"
  int ms = 0;                    // of the check that decided, else of the last one
  AgentReply agent{};            // nothing when there is none or it did not answer
  std::string agent_status{};    // "L7OK", "L7STS", "L4CON" … of asking the agent; empty = none
  int agent_ms = 0;
};

// What an operator says was found: as if checks, or the agent, had. Their next results count on.
struct ForcedResult {
  EndpointId endpoint = kNoEndpoint;
  std::optional<Health> health{};
  std::optional<AgentHealth> agent{};
};

}  // namespace room_router
