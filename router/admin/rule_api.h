// SPDX-License-Identifier: Apache-2.0
// /api/v1/pins and /api/v1/bans: what rule_orders.h does, in JSON.
//
//   GET
//   POST                   {"scope": "room", "name": "[acme]standup", "to": "shard", "value": "s1"}
//                          {"scope": "prefix", "name": "coin", "action": "403"}
//   DELETE {scope}/{name}  as typed, or as GET shows the name
//
// Names are shown as admin.dashboard.room_names says. Called by api_routes.h.
#pragma once

#include "router/admin/api_call.h"

namespace room_router::admin {

AdminPage ReadPins(const ApiCall& call);
ChangeAnswer AddPin(const ApiCall& call);
ChangeAnswer RemovePin(const ApiCall& call);
AdminPage ReadBans(const ApiCall& call);
ChangeAnswer AddBan(const ApiCall& call);
ChangeAnswer RemoveBan(const ApiCall& call);

// The name of a rule's subject as admin.dashboard.room_names says.
std::string ShownSubject(std::string_view name, const AdminSources& sources);

}  // namespace room_router::admin
