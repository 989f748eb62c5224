// SPDX-License-Identifier: Apache-2.0
// The commands about servers that change something: `set server B/S state`, `enable` and `disable
// server B/S`, in HAProxy's words. A server here is a shard, and the order goes to all replicas.
//
// Level admin. Errors are HAProxy's texts, and say more where HAProxy's would mislead.
#pragma once

#include "router/admin/cli_commands.h"

namespace room_router::admin {

CliReply SetServer(const CliWords& words, const CliContext& context);
CliReply EnableServer(const CliWords& words, const CliContext& context);
CliReply DisableServer(const CliWords& words, const CliContext& context);

}  // namespace room_router::admin
