// SPDX-License-Identifier: Apache-2.0
// The metric families of replication: replicas, gossip, splits and HAProxy peers.
//
// Labels are bounded: state, reason, direction, result, shard, and the configured HAProxy peers.
// Replicas are counted by state, never named. Nothing is shown of what is not configured. Pure.
#pragma once

#include "router/admin/metric_family.h"
#include "router/replication_view.h"

namespace room_router {

void AddReplication(MetricFamilies& out, const ReplicationView& view);

}  // namespace room_router
