// SPDX-License-Identifier: Apache-2.0
// What Prometheus scrapes: a view as metric families in the text exposition format 0.0.4.
//
// The data plane counts in plain per-worker numbers; this sums nothing and keeps nothing, it only
// gives names. Labels are bounded: listener, shard, endpoint, class, reason, state; never a room, a
// tenant or a client. Every name is documented in docs/metrics.md (a test compares). Pure.
#pragma once

#include <string>

namespace room_router::admin {
struct AdminView;
}

namespace room_router {

std::string MetricsText(const admin::AdminView& view);

}  // namespace room_router
