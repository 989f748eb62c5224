// SPDX-License-Identifier: Apache-2.0
// `show limits`: every limit on clients, what of it is used, and how often it turned somebody away.
//
// A line each: name, limit (as the configuration writes it), used now, refused since the start; `-`
// where there is no such thing. Then the table of addresses and the memory. Pure.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands LimitCommands();

}  // namespace room_router::admin
