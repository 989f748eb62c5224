// SPDX-License-Identifier: Apache-2.0
#include "discovery/lookup_event.h"

namespace room_router {

using Kind = Event::Kind;
using Level = config::LogLevel;

std::optional<Event> LookupEvent(const std::string& service, std::optional<LookupOutcome> before,
                                 const ServiceAnswer& answer, std::string_view setting) {
  if (answer.outcome == before.value_or(LookupOutcome::kFound)) return std::nullopt;
  switch (answer.outcome) {
    case LookupOutcome::kFound:
      return Event{.kind = Kind::kLookupRecovered, .detail = service};
    case LookupOutcome::kAbsent:
      return Event{.kind = Kind::kLookupFailed,
                   .level = Level::kWarning,
                   .detail = "DNS says that " + service + " has no SRV records: check " +
                             std::string(setting)};
    case LookupOutcome::kFailed:
      return Event{.kind = Kind::kLookupFailed,
                   .level = Level::kWarning,
                   .detail = "no usable answer for " + service + " (" + answer.error +
                             "); the last one stays in force"};
  }
  return std::nullopt;
}

}  // namespace room_router
