// SPDX-License-Identifier: Apache-2.0
// `room-router ctl`: one command, a prompt on a terminal, or a command per line of a pipe (which
// stops at the first that fails). Returns the exit status.
#pragma once

#include "router/cli/command_line.h"

namespace room_router::cli {

int Ctl(const CtlCommand& command);

}  // namespace room_router::cli
