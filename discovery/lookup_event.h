// SPDX-License-Identifier: Apache-2.0
// What there is to say about the answer for a service name: the first failure of a series, the
// recovery after it, nothing otherwise. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "discovery/event.h"
#include "discovery/resolver.h"

namespace room_router {

// `before`: how the last look-up went; `setting`: where the name stands in the configuration.
std::optional<Event> LookupEvent(const std::string& service, std::optional<LookupOutcome> before,
                                 const ServiceAnswer& answer, std::string_view setting);

}  // namespace room_router
