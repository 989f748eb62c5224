// SPDX-License-Identifier: Apache-2.0
// Ends the sessions of rooms that gossip has found to live on another shard, a few at a time.
//
// Two replicas that could not hear each other may place a room on two shards. When they meet, one
// placement wins; the clients on the other shard are disconnected, each room at a moment of its own
// within kSpread, and rejoin on the winner. Few rooms are healed at once, many are spread out.
// Pure; control thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "config/clock.h"
#include "sticky/room_key.h"

namespace room_router {

class SplitHealer {
 public:
  static constexpr Duration kSpread{1800};  // nobody waits longer
  static constexpr Duration kPerRoom{2};    // the spread of n rooms: n times this, at most kSpread
  static constexpr Duration kLeast{50};     // at least

  explicit SplitHealer(uint64_t seed) : random_(seed) {}

  struct Room {
    KeyNamespace key_namespace = KeyNamespace::kRoom;
    RoomKey key;
    bool split = true;  // another replica had placed it; else this one has moved it
    TimePoint found{};  // when it was added
  };
  void Add(Room room, TimePoint now);
  // The rooms whose moment has come, in the order of their moments.
  std::vector<Room> TakeDue(TimePoint now);
  std::optional<TimePoint> NextDeadline() const;
  size_t waiting() const { return rooms_.size(); }

 private:
  std::mt19937_64 random_;
  std::multimap<TimePoint, Room> rooms_;
};

}  // namespace room_router
