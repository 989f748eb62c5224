// SPDX-License-Identifier: Apache-2.0
// Makes rooms that are there already obey pins and bans; new ones are placed by them anyway.
//
// A room that is pinned itself moves at once, and every replica moves it to the same shard; rooms
// of a pinned tenant stay where they are until they are empty. Both calls add the rooms whose
// sessions have to end, for Worker::EndSessions. Control thread.
#pragma once

#include "config/clock.h"
#include "router/moved_rooms.h"
#include "sticky/routing.h"
#include "sticky/stick_table.h"

namespace room_router {

// Binds pinned rooms that live elsewhere anew, as long as a shard of their pin takes new rooms.
void MovePinned(const Routing& routing, StickTable& table, TimePoint now, MovedRooms& moved);

// A name that `stick_table.display_bytes` has cut is known only where the rule names the room.
void FindBanned(const RoomRules& rules, const StickTable& table, TimePoint now, MovedRooms& moved);

}  // namespace room_router
