// SPDX-License-Identifier: Apache-2.0
// `show info`: the process as HAProxy 2.6 lists it, every line in its order, "Name: value". What
// the router doesn't have (TLS counters, pipes, compression) is 0. Pure.
#pragma once

#include <string>

#include "router/admin/admin_view.h"

namespace room_router::admin {

std::string ShowInfo(const AdminView& view);

}  // namespace room_router::admin
