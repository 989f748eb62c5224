// SPDX-License-Identifier: Apache-2.0
#include "discovery/endpoint_record.h"

#include <algorithm>

namespace room_router {

EndpointRecord::News EndpointRecord::Take(const ProbeResult& result, EndpointHealth::Rules rules,
                                          TimePoint now) {
  const bool was_up = IsUp(now);
  const int fill_before = health.fill();
  const bool status_differs =
      last.status != result.status || last.agent_status != result.agent_status;
  last = result;
  if (result.health != Health::kBad) ejection.PassCheck(now);
  if (result.health == Health::kBad && !IsFoundDown()) ++availability.failed_checks;
  News news;
  news.agent = agent.Heed(result.agent);
  news.verdict = health.Record(result.health, rules);
  availability.See(IsFoundDown(), now);
  news.visible = news.agent || news.verdict || status_differs || IsUp(now) != was_up ||
                 health.fill() != fill_before;
  return news;
}

EndpointRecord::News EndpointRecord::Force(const ForcedResult& result, TimePoint now) {
  News news;
  if (result.health) {
    if (*result.health != Health::kBad) ejection.PassCheck(now);
    news.verdict = health.Force(*result.health);
  }
  if (result.agent) news.agent = agent.Heed({.health = *result.agent});
  availability.See(IsFoundDown(), now);
  news.visible = true;
  return news;
}

Endpoint EndpointRecord::Show(EndpointId id, TimePoint now) const {
  return {.id = id,
          .name = name,
          .host = host,
          .address = address,
          .up = IsUp(now),
          .check_fill = static_cast<uint8_t>(std::min(health.fill(), 255)),
          .last_check = last.status,
          .last_check_ms = last.ms,
          .agent_down = agent.down(),
          .agent = agent.state(),
          .last_agent = last.agent_status,
          .last_agent_ms = last.agent_ms,
          .agent_says = agent.ToString(),
          .availability = availability};
}

}  // namespace room_router
