// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_health.h"

#include <algorithm>

namespace room_router {
namespace {

bool InMaint(const EndpointSays& endpoint) { return endpoint.agent.state() == AdminState::kMaint; }

}  // namespace

ShardHealth AddUp(std::span<const EndpointSays> endpoints) {
  ShardHealth sum;
  if (endpoints.empty()) return sum;
  const bool maint = std::ranges::all_of(endpoints, InMaint);
  const auto counts = [maint](const EndpointSays& e) { return maint || !InMaint(e); };
  for (const EndpointSays& endpoint : endpoints) {
    if (counts(endpoint)) sum.best = std::max(sum.best, endpoint.health());
  }
  sum.agent = AdminState::kMaint;
  double percents = 0, total = 0;
  for (const EndpointSays& endpoint : endpoints) {
    if (!counts(endpoint) || endpoint.health() != sum.best) continue;
    sum.agent = std::min(sum.agent, endpoint.agent.state());
    if (!endpoint.agent.percent) continue;
    ++percents;
    total += *endpoint.agent.percent;
  }
  if (percents > 0) sum.weight = total / (100 * percents);
  return sum;
}

}  // namespace room_router
