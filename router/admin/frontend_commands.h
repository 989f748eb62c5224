// SPDX-License-Identifier: Apache-2.0
// The commands about listeners and the number of connections: `disable`, `enable` and `shutdown
// frontend`, `set maxconn`, `set rate-limit`.
//
// Of this replica alone, until it ends. Level admin. A frontend that is disabled frees its port;
// those who are connected stay. There is one limit for all listeners and none for rates: commands
// for others say so.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands FrontendCommands();

}  // namespace room_router::admin
