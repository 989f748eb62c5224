// SPDX-License-Identifier: Apache-2.0
// `show servers state [be]`, `show servers conn [be]` and `show backend`: the endpoints as HAProxy
// 2.6 lists servers, column for column.
//
// Ids and names are those of `show stat`. Numbers of states are HAProxy's (its server.h and
// check.h); what the router doesn't have is 0 or "-". Pure.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands ServerListCommands();

}  // namespace room_router::admin
