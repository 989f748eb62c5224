// SPDX-License-Identifier: Apache-2.0
// The commands about servers: `set server B/S state|weight|health|agent`, `enable` and `disable
// server B/S`, `set weight B/S`, `get weight B/S`, in HAProxy's words. A server here is a shard,
// and the order goes to all replicas; but health and agent are of this replica's checks, and an
// endpoint can be named.
//
// Level admin for what changes something. Errors are HAProxy's texts, and say more where HAProxy's
// would mislead.
#pragma once

#include <string>
#include <variant>

#include "router/admin/cli_commands.h"

namespace room_router::admin {

// The shard that "backend/server" means, by name, or the complaint.
std::variant<std::string, CliReply> ReadServer(const std::string& path,
                                               const AdminSources& sources);
// For a shard that is there, by name; nothing, or the complaint.
CliReply Order(const std::string& shard, const Instruction& instruction, const CliContext& context);

CliReply SetServer(const CliWords& words, const CliContext& context);
CliReply EnableServer(const CliWords& words, const CliContext& context);
CliReply DisableServer(const CliWords& words, const CliContext& context);
CliReply SetWeight(const CliWords& words, const CliContext& context);
CliReply GetWeight(const CliWords& words, const CliContext& context);

}  // namespace room_router::admin
