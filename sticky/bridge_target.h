// SPDX-License-Identifier: Apache-2.0
// Request targets of bridge channels, and everything a server could take for one.
//
//   /colibri-ws/<id of the bridge>/<id it gave the room>/<endpoint>?pwd=<password>
//
// A channel is what looks exactly like this in the bytes received: nothing is decoded, normalised
// or believed to mean the same. An id is only ever looked up (discovery/bridge_set.h), never
// resolved. Whatever else names bridges, however spelled, is not for shards either: their web
// servers decode escapes, merge slashes, drop tenants, and some then connect to the host that the
// path names. Pure; linear in the target's length; allocates for paths with escapes only. Source:
// jitsi-videobridge ColibriWebSocketServlet, docker-jitsi-meet meet.conf.
#pragma once

#include <optional>
#include <string_view>

namespace room_router {

// The bridge's id, borrowed from `target`; nullopt when the target is not that of a channel.
std::optional<std::string_view> BridgeOf(std::string_view target);

// Channels between bridges. Nobody outside has a use for them.
bool IsRelayTarget(std::string_view target);

// Whether a segment of the path, its escapes undone as often as it takes, is one of bridges.
bool ConcernsBridges(std::string_view path);

}  // namespace room_router
