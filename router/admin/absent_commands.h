// SPDX-License-Identifier: Apache-2.0
// HAProxy's commands about what the router doesn't have: lists, certificates on the fly, caches,
// traces of its inner life.
//
// Scripts get what HAProxy answers about an object it doesn't know, or a sentence that says where
// the thing is done here; never silence. Not shown by help.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands AbsentCommands();

}  // namespace room_router::admin
