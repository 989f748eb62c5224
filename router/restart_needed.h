// SPDX-License-Identifier: Apache-2.0
// Which changed settings only take effect at the next start. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace room_router {

// Their names as the configuration has them.
std::vector<std::string> RestartNeeded(const config::Config& running, config::Config wanted);

}  // namespace room_router
