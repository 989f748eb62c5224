// SPDX-License-Identifier: Apache-2.0
// What the endpoints of one shard add up to, by their checks and by their agents.
//
// Pure, stateless. A shard is as good as its best endpoint, and those as good as the best speak for
// it: it drains when all of them do, and takes the mean of the percentages they give. An endpoint
// whose agent says down is bad whatever its checks find, until the agent says up.
// An endpoint in maint is left out as if it were not there; when all are, the shard is in maint.
// That moves rooms, and an agent is heard by each replica for itself, so it is acted on like a
// shard found down, without the grace: it votes at once, and until most replicas do so too the
// shard only takes no new rooms. `ready` ends it at once; its checks go on meanwhile.
#pragma once

#include <span>

#include "discovery/agent_reply.h"
#include "discovery/endpoint_health.h"
#include "discovery/shard_set.h"

namespace room_router {

struct EndpointSays {
  Health checks = Health::kUnknown;
  AgentReply agent;  // all it has said so far

  Health health() const { return agent.down() ? Health::kBad : checks; }
};

struct ShardHealth {
  Health best = Health::kBad;
  AdminState agent = AdminState::kReady;
  double weight = 1;  // times the weight the shard has otherwise
};

// Of a shard's present endpoints; without any it is bad.
ShardHealth AddUp(std::span<const EndpointSays> endpoints);

}  // namespace room_router
