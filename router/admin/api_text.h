// SPDX-License-Identifier: Apache-2.0
// How /api/v1 writes JSON, times and rooms' names, and reads paths. Pure.
//
// Bytes that are not UTF-8 are shown as U+FFFD. Times are RFC 3339 in UTC, to the millisecond, and
// run on from the start of the process: a step of the system's clock changes none that was given.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "router/admin/admin_view.h"

namespace room_router::admin {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json);
std::string TimeText(std::chrono::system_clock::time_point time);
std::string TimeText(const AdminView& view, TimePoint time);

std::string_view ToString(config::RoomNames names);
// A room's canonical name as admin.dashboard.room_names says: itself, 16 hex digits, or nothing.
std::string ShownRoom(std::string_view name, RoomKey key, config::RoomNames names);

// Percent-decoded; what can't be decoded stays.
std::string DecodePath(std::string_view text);

}  // namespace room_router::admin
