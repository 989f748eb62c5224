// SPDX-License-Identifier: Apache-2.0
// The commands of our own about taking a shard out of service and back: `drain SHARD [--wait]
// [--max D]`, `ready SHARD`, `show drain [SHARD]`. SHARD is a shard's name, or "backend/server".
//
// Level admin for what changes something. The order goes to all replicas and stands whatever comes
// of the wait.
#pragma once

#include "router/admin/cli_commands.h"

namespace room_router::admin {

CliReply Drain(const CliWords& words, const CliContext& context);
CliReply MakeReady(const CliWords& words, const CliContext& context);
CliReply ShowDrainCommand(const CliWords& words, const CliContext& context);

}  // namespace room_router::admin
