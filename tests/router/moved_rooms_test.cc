// SPDX-License-Identifier: Apache-2.0
#include "router/moved_rooms.h"

#include <gtest/gtest.h>

namespace room_router {
namespace {

TEST(MovedRoomsTest, OnlySessionsOnAnotherShardEnd) {
  constexpr RoomKey kKey{.high = 1, .low = 2};
  MovedRooms moved;
  moved.Add(KeyNamespace::kRoom, kKey, 5);
  EXPECT_TRUE(moved.MustEnd({.key_namespace = KeyNamespace::kRoom, .key = kKey, .shard = 4}));
  EXPECT_FALSE(moved.MustEnd({.key_namespace = KeyNamespace::kRoom, .key = kKey, .shard = 5}));
  EXPECT_FALSE(moved.MustEnd({.key_namespace = KeyNamespace::kEtherpad, .key = kKey, .shard = 4}));
  EXPECT_FALSE(moved.MustEnd({.key_namespace = KeyNamespace::kRoom, .key = {}, .shard = 4}));
}

}  // namespace
}  // namespace room_router
