// SPDX-License-Identifier: Apache-2.0
#include "router/admin/metric_family.h"

#include <limits>

namespace room_router {

MetricLabels With(MetricLabels labels, std::string name, std::string_view value) {
  labels.push_back({.name = std::move(name), .value = std::string(value)});
  return labels;
}

Family::Family(std::string name, MetricType type, std::string help) {
  family_.name = "room_router_" + std::move(name);
  family_.type = type;
  family_.help = std::move(help);
}

Family Family::Foreign(std::string name, MetricType type, std::string help) {
  Family family;
  family.family_ = {.name = std::move(name), .help = std::move(help), .type = type, .metric = {}};
  return family;
}

void Family::AddValue(MetricLabels labels, double value) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
}

void Family::Add(MetricLabels labels, const Histogram& histogram) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  uint64_t count = 0;
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    count += histogram.counts[i];
    const double bound = i < Histogram::kBoundsMs.size() ? Histogram::kBoundsMs[i] / 1e3
                                                         : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({.cumulative_count = count, .upper_bound = bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(histogram.sum_ms) / 1e3;
}

void Family::Add(const MetricLabels& labels, const ResponseCounts& responses) {
  constexpr std::string_view kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx", "other"};
  for (size_t i = 0; i < responses.by_class.size(); ++i) {
    Add(With(labels, "class", kClasses[i]), responses.by_class[i]);
  }
}

}  // namespace room_router
