// SPDX-License-Identifier: Apache-2.0
// `room-router check`: every mistake of a configuration as file:line:column: message. Also how the
// other commands load theirs, so that they all complain alike.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "config/load.h"
#include "router/cli/command_line.h"

namespace room_router::cli {

enum class Overdue : uint8_t { kRefused, kTaken };  // what is only wrong since its time is over

config::Loaded LoadFile(const std::string& path);  // with this process's environment

// nullopt after every mistake was written to stderr; warnings are written too.
std::optional<config::Config> LoadOrComplain(
    const std::string& path, Overdue overdue,
    const std::function<config::Loaded(const std::string& path)>& load = LoadFile);

int Check(const CheckCommand& command);

}  // namespace room_router::cli
