// SPDX-License-Identifier: Apache-2.0
// `show sess [<id>|all]`, `shutdown session <id>` and `shutdown sessions server
// <backend>/<server>`: the clients that are connected now.
//
// A session is a client's connection with what it has under way. One line each, oldest first, at
// most kMostSessions; HAProxy's fields first, what concerns its buffers is 0, ours after. Rooms are
// shown as in `show table`, addresses of requests are not.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

inline constexpr size_t kMostSessions = 1000;

CliCommands SessionCommands();

}  // namespace room_router::admin
