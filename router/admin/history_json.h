// SPDX-License-Identifier: Apache-2.0
// What the journal (router/journal.h) has, in JSON: /api/v1/events, and the history of a shard.
// Pure.
//
// Rooms are named as admin.dashboard.room_names says.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "router/admin/api_call.h"

namespace room_router::admin {

AdminPage ReadEvents(const ApiCall& call);

// The last changes of a shard or endpoint, newest first; empty without a journal.
nlohmann::ordered_json HistoryJson(const AdminView& view, const Journal* journal,
                                   std::string_view shard, std::string_view endpoint = {});

}  // namespace room_router::admin
