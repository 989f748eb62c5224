// SPDX-License-Identifier: Apache-2.0
// The demo's two pages, compiled in from home.html and room.html; "{{shard}}" stands for the shard.
#pragma once

#include <string_view>

namespace room_router::demo::pages {

extern const std::string_view kHome;
extern const std::string_view kRoom;

}  // namespace room_router::demo::pages
