// SPDX-License-Identifier: Apache-2.0
// `show errors [<iid>|<proxy>] [request|response]`: the last unreadable request and response of
// each listener, as HAProxy heads them. Of the bytes only what captured_errors.h keeps. Pure.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands ErrorCommands();

}  // namespace room_router::admin
