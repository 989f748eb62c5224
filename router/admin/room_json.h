// SPDX-License-Identifier: Apache-2.0
// /api/v1/rooms/{room}: where one room lives, the facts of `show room`.
//
// The room is named as in an address of the meeting (acme/Standup), as rules do ([acme]standup), or
// as it is shown. With admin.dashboard.room_names: absent nothing is looked up: whoever reaches the
// port could find out which rooms there are by asking for their names. Reads the whole table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router/admin/api_call.h"

namespace room_router::admin {

AdminPage ReadRoom(const ApiCall& call);

// A room as the rest of a path has it, in the words of a command: "acme/Standup" → "[acme]Standup".
std::string TypedRoom(std::string_view rest);

// The room's entries by its name, as shown or as typed, one per namespace; sorted by name.
std::vector<EntryView> EntriesOf(std::string_view name, const AdminSources& sources, TimePoint now);

}  // namespace room_router::admin
