// SPDX-License-Identifier: Apache-2.0
// The router's own questions: `show shards`, `show room <name>`, `show split`, `show replicas`.
//
// For people: a heading and columns, or "name: value" lines. Names of rooms are for operators and
// admins. A room is looked for by the key its name is read as, in all namespaces.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands RoomCommands();

}  // namespace room_router::admin
