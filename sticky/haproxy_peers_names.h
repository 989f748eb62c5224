// SPDX-License-Identifier: Apache-2.0
// HAProxy's words for rooms and shards, and ours.
//
// A room: HAProxy's key is what stood behind `?room=`, undecoded; ours is the canonical name. As
// clients spell a name in several ways, HAProxy has several entries for one room; we write the one
// that Jitsi's web client makes (URLSearchParams). A tenant stays in its brackets.
// A shard: HAProxy's server key is the server's name, or ip:port with `srvkey addr`. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router::haproxy {

std::string SpellRoom(std::string_view canonical);

// RoomKeyReader::ReadName or the like.
using ReadName =
    std::function<void(std::string_view tenant, std::string_view room, RoomRequest& out)>;
// False when `text` is no room's name. `text` as HAProxy has it, or canonical.
bool ReadRoom(std::string_view text, const ReadName& read, RoomRequest& out);

enum class ServerKeyForm : uint8_t { kName, kAddress };

struct Server {
  std::optional<ShardId> shard;  // none = unknown
  ServerKeyForm form = ServerKeyForm::kName;
};
// By the shard's name, an endpoint's ip:port, or the first label of an endpoint's SRV target.
Server ReadServerKey(const ShardSet& shards, std::string_view server_key);
// Empty when the shard is unknown or has no endpoint.
std::string ServerKeyOf(const ShardSet& shards, ShardId shard, ServerKeyForm form);

}  // namespace room_router::haproxy
