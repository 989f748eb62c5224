// SPDX-License-Identifier: Apache-2.0
// A view as HAProxy sees its world: proxies and servers with counters.
//
// Rows: a FRONTEND per listener, then one backend named like the stick table with a server per
// endpoint and the BACKEND itself. Ids are stable: server = EndpointId + 1. What the router does
// not have is empty where HAProxy leaves it empty, and 0 where tools expect a number. Pure.
#pragma once

#include <string>
#include <vector>

#include "router/admin/admin_view.h"
#include "router/admin/stat_row.h"

namespace room_router::admin {

std::vector<StatRow> StatRows(const AdminView& view);

// iid of a listener; iid and sid of an endpoint.
int FrontendId(size_t listener);
int BackendId(const config::Config& config);
int ServerId(const Endpoint& endpoint);

// HAProxy's word for an endpoint: UP, "UP 2/3", DOWN, "DOWN 1/2", DRAIN, MAINT, NOLB (soft-down),
// "DOWN (agent)".
std::string StatusWord(const Shard& shard, const Endpoint& endpoint, const config::Health& health);

}  // namespace room_router::admin
