// SPDX-License-Identifier: Apache-2.0
// `room-router locate`: what the router makes of a URL — room, tenant, canonical name, key, class —
// by the data plane's own RoomKeyReader; with an admin socket also the shard its table holds.
#pragma once

#include <string>
#include <string_view>

#include "router/cli/command_line.h"
#include "sticky/room_key.h"

namespace room_router::cli {

int Locate(const LocateCommand& command);

// Reads "https://host/path?query" (also ws, wss), "/path?query", "tenant/room" or a bare name.
RoomRequest ReadPlace(const RoomKeyReader& reader, std::string_view place);

// The lines printed about it, without the shard.
std::string Describe(std::string_view place, const RoomRequest& request);

// server_key of the entry in an answer to `show table … key …`; empty when it has none.
std::string ShardOf(std::string_view table);

}  // namespace room_router::cli
