// SPDX-License-Identifier: Apache-2.0
// Which changed settings only take effect at the next start. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace room_router {

// The listeners as they were bound, with the certificates that are wanted now.
std::vector<config::Listener> WithCertificates(std::vector<config::Listener> bound,
                                               const std::vector<config::Listener>& wanted);

// Their names as the configuration has them.
std::vector<std::string> RestartNeeded(const config::Config& running, config::Config wanted);

}  // namespace room_router
