// SPDX-License-Identifier: Apache-2.0
// What HAProxy 2.6's exporter calls the columns of `show stat` and the lines of `show info`.
//
// Only what means something here. Names follow "haproxy_<kind of row>_" and "haproxy_process_";
// names, types and units are HAProxy's, the words ours.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "router/admin/metric_family.h"

namespace room_router {

struct StatMetric {
  unsigned rows;  // bit n: those of type n
  std::string_view name;
  MetricType type;
  size_t column;
  std::string_view help;
  double unit = 1;  // of the column, in the metric's
};

struct InfoMetric {
  std::string_view line, name;
  MetricType type;
};

std::span<const StatMetric> StatMetrics();
std::span<const InfoMetric> InfoMetrics();

}  // namespace room_router
