// SPDX-License-Identifier: Apache-2.0
// /api/v1/config: the configuration in effect and how the last reload went. Pure.
//
// As `room-router check --print` writes it, secrets masked; rooms and tenants of pins and bans are
// shown as admin.dashboard.room_names says, *** when that is absent.
#pragma once

#include "router/admin/api_call.h"

namespace room_router::admin {

AdminPage ReadConfig(const ApiCall& call);

}  // namespace room_router::admin
