// SPDX-License-Identifier: Apache-2.0
// `show table`, `set table`, `clear table`: HAProxy's words for rooms and where they live.
//
// A change holds on all replicas (epoch + 1), and sessions of the room on another shard end, so
// that its clients come back to the right one; those of a room that is forgotten end too, lest the
// next one to join is put elsewhere. `set table` without a key, which empties HAProxy's table, is
// an error. Reading rooms and changing them needs level operator.
#pragma once

#include "router/admin/cli_commands.h"

namespace room_router::admin {

// show table [<table> [data.<type> <op> <value>]… | key <key>]
CliReply ShowTable(const CliWords& words, const CliContext& context);
// set table <table> key <key> data.server_id|data.server_key <value>
CliReply SetTable(const CliWords& words, const CliContext& context);
// clear table <table> [data.<type> <op> <value>]… | key <key>
CliReply ClearTable(const CliWords& words, const CliContext& context);

}  // namespace room_router::admin
