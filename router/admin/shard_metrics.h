// SPDX-License-Identifier: Apache-2.0
// The metric families of shards, of their endpoints and of the bridges.
//
// One sample for each shard or endpoint there is: these make a scrape long. Pure.
#pragma once

#include "router/admin/admin_view.h"
#include "router/admin/metric_family.h"

namespace room_router {

void AddShards(MetricFamilies& out, const admin::AdminView& view);
void AddEndpoints(MetricFamilies& out, const admin::AdminView& view);
void AddBridges(MetricFamilies& out, const admin::AdminView& view);

}  // namespace room_router
