// SPDX-License-Identifier: Apache-2.0
// /api/v1/shards/{shard}: one of them, and what can be ordered about it.
//
//   GET                    with the last changes of its state and of its endpoints'
//   POST drain?wait=300s   200 when it is empty, 202 while it is not, 409 when called off
//   POST ready, POST maint
//   PUT weight             {"weight": 50} or {"weight": "50%"}, or ?value=50%
//
// Called by api_routes.h. Pure but for the orders given.
#pragma once

#include "router/admin/api_call.h"
#include "router/admin/drain_waits.h"

namespace room_router::admin {

AdminPage ReadShard(const ApiCall& call);
ChangeAnswer OrderDrain(const ApiCall& call);
ChangeAnswer OrderReady(const ApiCall& call);
ChangeAnswer OrderMaint(const ApiCall& call);
ChangeAnswer OrderWeight(const ApiCall& call);

AdminPage DrainPage(const DrainWish& wish, const DrainOutcome& outcome);

}  // namespace room_router::admin
