// SPDX-License-Identifier: Apache-2.0
// Pins and bans on the admin socket, for all replicas: pin, unpin, show pins; ban, unban, show
// bans.
//
// What is shown can be typed again; what stands in the configuration is marked. Names of rooms are
// for operators and admins, changes for admins.
#pragma once

#include "router/admin/cli_commands.h"

namespace room_router::admin {

CliReply Pin(const CliWords& words, const CliContext& context);
CliReply Unpin(const CliWords& words, const CliContext& context);
CliReply ShowPins(const CliWords& words, const CliContext& context);
CliReply Ban(const CliWords& words, const CliContext& context);
CliReply Unban(const CliWords& words, const CliContext& context);
CliReply ShowBans(const CliWords& words, const CliContext& context);

}  // namespace room_router::admin
