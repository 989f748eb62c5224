// SPDX-License-Identifier: Apache-2.0
// The router's own orders to this process: `show config`, `reload`, `log level <level>`.
//
// `reload` reads the configuration again as SIGHUP does and answers with its mistakes, if any;
// nothing has changed then. A level of the log stands until the next reload.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands ControlCommands();

}  // namespace room_router::admin
