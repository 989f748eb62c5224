// SPDX-License-Identifier: Apache-2.0
// What HAProxy tells operators about the process itself: `show env`, `show cli level` and
// `sockets`, `show activity`, `show threads`, `show fd`.
//
// Numbers per worker are in the order of the workers. Of variables whose name looks like a secret's
// the value is masked. Reads the environment and /proc.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands ProcessCommands();

// Whether a variable of this name is likely to hold a secret.
bool LooksSecret(std::string_view name);

}  // namespace room_router::admin
