// SPDX-License-Identifier: Apache-2.0
// `show info`, `show stat` and `show schema json`: the counters in HAProxy's formats; `clear
// counters` lets them begin anew for these and /stats, not for metrics.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands StatCommands();

}  // namespace room_router::admin
