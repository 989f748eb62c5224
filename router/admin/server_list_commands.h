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

// HAProxy's number for the word of a check ("L7OK/200" → 15); 1 when there was none yet.
int CheckStatusNumber(std::string_view last_check);

}  // namespace room_router::admin
