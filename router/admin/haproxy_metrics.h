// SPDX-License-Identifier: Apache-2.0
// The metric families of HAProxy 2.6's own exporter, from the rows of `show stat` and the lines of
// `show info`: its names, types, labels and units, so that dashboards and alerts go on.
//
// For `admin.haproxy_metrics`. What has no meaning here is left out (docs/metrics.md lists it), and
// so is a sample whose column is empty. Pure.
#pragma once

#include "router/admin/admin_view.h"
#include "router/admin/metric_family.h"

namespace room_router {

void AddHaproxyNames(MetricFamilies& out, const admin::AdminView& view);

}  // namespace room_router
