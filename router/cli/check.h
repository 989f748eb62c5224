// SPDX-License-Identifier: Apache-2.0
// `room-router check`: every mistake of a configuration as file:line:column: message. Also how the
// other commands load theirs, so that they all complain alike.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "router/cli/command_line.h"

namespace room_router::cli {

// nullopt after every mistake was written to stderr; warnings are written too.
std::optional<config::Config> LoadOrComplain(const std::string& path);

int Check(const CheckCommand& command);

}  // namespace room_router::cli
