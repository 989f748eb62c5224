// SPDX-License-Identifier: Apache-2.0
// `room-router run`: one replica from a configuration until it is told to end. Returns the exit
// status: 0 after a drain or a stop, 1 when it could not start.
#pragma once

#include "router/cli/command_line.h"

namespace room_router::cli {

int Run(const RunCommand& command);

}  // namespace room_router::cli
