// SPDX-License-Identifier: Apache-2.0
// /api/v1/peers: the facts of `show replicas` and of HAProxy's `show peers`. Pure.
#pragma once

#include "router/admin/api_call.h"

namespace room_router::admin {

AdminPage ReadPeers(const ApiCall& call);

}  // namespace room_router::admin
