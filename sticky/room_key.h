// SPDX-License-Identifier: Apache-2.0
// From a request to the key of its room: endpoint class, tenant, room, canonical name, 128-bit key.
//
// The only place that reads room names: data plane, `locate`, tests and tools all call it. Merging
// two names is harmless (they share a shard), splitting one is fatal, so every doubt merges.
// Names are normalised by room_name.h, paths told apart by endpoint_table.h. The canonical name is
// "[tenant]room", or "room" without a tenant (a room's own name never holds a bracket);
// key = XXH3-128 of it, seed 0, in every namespace. Replicas of all versions must agree on it.
//
// Pure; const and thread-safe after construction; allocates nothing for ASCII names once the
// caller's RoomRequest has grown. Source: jitsi-meet base/util/uri.ts, docker-jitsi-meet meet.conf.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "sticky/endpoint_table.h"
#include "sticky/room_name.h"

namespace room_router {

struct RoomKey {
  uint64_t high = 0, low = 0;
  friend bool operator==(const RoomKey&, const RoomKey&) = default;
};

enum class RequestClass : uint8_t {
  kSignalling,     // match and store
  kPage,           // match, else the placement hash; never store
  kExplicitShard,  // the named shard or 404; store
  kOwnNamespace,   // whiteboard, etherpad: match and store, in a namespace of its own
  kStatic,         // no key, any eligible shard
  kBridge,         // colibri-ws, and what a server could take for it (bridge_target.h)
  kOther,          // any other path with ?room=: tenant-less room, match and store
};
std::string_view ToString(RequestClass request_class);

enum class KeyNamespace : uint8_t { kRoom, kWhiteboard, kEtherpad };

// Requests the router may answer itself (design: `_unlock`, websocket keepalive).
enum class LocalAnswer : uint8_t { kNone, kKeepalive };

struct RoomRequest {
  RequestClass request_class = RequestClass::kStatic;
  KeyNamespace key_namespace = KeyNamespace::kRoom;
  RoomError error = RoomError::kNone;
  LocalAnswer local = LocalAnswer::kNone;
  bool has_key = false;
  bool may_name_shard = false;  // force_shard: the tenant or the end of the room may be a shard
  RoomKey key;
  std::string canonical;   // "[tenant]room" or "room", normalised: what the key hashes
  std::string tenant;      // normalised
  std::string room;        // normalised
  std::string shard;       // kExplicitShard only
  std::string_view query;  // of the target, as received; valid as long as that
};

class RoomKeyReader {
 public:
  explicit RoomKeyReader(const config::RoomKey& config);

  // `target` is the origin-form request target as received, without fragment; `host` the Host
  // field's value; `upgrade` whether the request asks for a websocket. Overwrites every field of
  // `out`.
  void Read(std::string_view method, std::string_view target, std::string_view host, bool upgrade,
            RoomRequest& out) const;

  // The key of a room by its canonical name, "[tenant]room" or "room", as a person would type it.
  void ReadTyped(std::string_view name, RoomRequest& out) const;
  void ReadName(std::string_view tenant, std::string_view room, RoomRequest& out) const;

 private:
  struct Source;  // the parts of one request

  void ReadQueryMode(const Source& source, RoomRequest& out) const;
  void ReadSignalling(const Source& source, RoomRequest& out) const;
  void ReadPage(const Source& source, RoomRequest& out) const;
  void ReadNamedShard(const Source& source, RoomRequest& out) const;
  void ReadOwnNamespace(const Source& source, RoomRequest& out) const;
  void ReadUnknownPath(const Source& source, RoomRequest& out) const;
  void ReadTenant(const Source& source, RoomRequest& out) const;
  void AllowKeepalive(const Source& source, RoomRequest& out) const;

  config::RoomKey config_;
  EndpointTable endpoints_;
  bool guards_bridges_;  // configuration does not say that their paths are something else
};

}  // namespace room_router
