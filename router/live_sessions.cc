// SPDX-License-Identifier: Apache-2.0
#include "router/live_sessions.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace room_router {

std::string_view ToString(SessionFacts::Phase phase) {
  constexpr std::array<std::string_view, 5> kNames = {"idle", "request", "exchange", "tunnel",
                                                      "closing"};
  return kNames.at(static_cast<size_t>(phase));
}

bool SessionOrder::Concerns(const SessionFacts& session) const {
  if (id) return session.id == *id;
  if (!endpoints) return true;
  return session.destination.endpoint != kNoEndpoint &&
         std::ranges::find(*endpoints, session.destination.endpoint) != endpoints->end();
}

SessionReport Join(std::vector<SessionReport> reports, size_t most) {
  SessionReport all;
  for (SessionReport& report : reports) {
    all.matched += report.matched;
    std::ranges::move(report.sessions, std::back_inserter(all.sessions));
  }
  std::ranges::sort(all.sessions, {}, &SessionFacts::begun);
  if (all.sessions.size() > most) all.sessions.resize(most);
  return all;
}

}  // namespace room_router
