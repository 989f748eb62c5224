// SPDX-License-Identifier: Apache-2.0
// `room-router import-haproxy`: the files, directories (their *.cfg, as haproxy -f) or standard
// input to config/haproxy, its YAML to standard output, or every mistake to stderr. Looks up host
// names of servers as HAProxy does at its start. Blocking.
#pragma once

#include "router/cli/command_line.h"

namespace room_router::cli {

int ImportHaproxy(const ImportHaproxyCommand& command);

}  // namespace room_router::cli
