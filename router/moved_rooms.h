// SPDX-License-Identifier: Apache-2.0
// Rooms whose home has changed: who still has a session of one on another shard is to end it, so
// that the client comes back to the right one.
//
// Built on the control thread, then shared read-only by all workers.
#pragma once

#include <memory>
#include <unordered_map>

#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router {

// A tunnel or long-poll of a room.
struct LiveSession {
  KeyNamespace key_namespace = KeyNamespace::kRoom;
  RoomKey key;
  ShardId shard = kNoShard;
};

class MovedRooms {
 public:
  void Add(KeyNamespace ns, RoomKey key, ShardId home) { homes_[{ns, key}] = home; }

  bool MustEnd(const LiveSession& session) const {
    const auto home = homes_.find({session.key_namespace, session.key});
    return home != homes_.end() && home->second != session.shard;
  }
  size_t size() const { return homes_.size(); }

 private:
  struct Room {
    KeyNamespace key_namespace;
    RoomKey key;
    friend bool operator==(const Room&, const Room&) = default;
  };
  struct Hash {
    size_t operator()(const Room& room) const { return room.key.low; }
  };
  std::unordered_map<Room, ShardId, Hash> homes_;
};

using MovedRoomsPtr = std::shared_ptr<const MovedRooms>;

}  // namespace room_router
