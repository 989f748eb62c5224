// SPDX-License-Identifier: Apache-2.0
// The whole stick table as a HAProxy peer is taught it: a copy of the rooms and their bindings,
// handed out one by one as the connection has room for them.
//
// Taken at once (~0.5 µs and 40 bytes per room besides its name), as later changes go through the
// log. What the peer is known to have is left out: it would only hear itself. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sticky/stick_table.h"

namespace room_router::haproxy {

// Bindings as 64 bits; a collision leaves a room out that was to be told again anyway.
uint64_t FingerprintOf(RoomKey key, ShardId shard);
using Fingerprints = std::unordered_set<uint64_t>;

class Lesson {
 public:
  struct Item {
    RoomKey key;
    std::string_view display;  // as long as the lesson lives
    ShardId shard = kNoShard;
    TimePoint expires;  // max() when sessions hold it
  };

  Lesson(const StickTable& table, const Fingerprints& known, TimePoint now);

  std::optional<Item> Next();
  bool done() const { return next_ == rooms_.size(); }

 private:
  struct Room {
    RoomKey key;
    TimePoint expires;
    ShardId shard;
    uint32_t end;  // of its name
  };
  std::string names_;
  std::vector<Room> rooms_;
  size_t next_ = 0;
};

}  // namespace room_router::haproxy
