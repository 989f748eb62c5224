// SPDX-License-Identifier: Apache-2.0
// How a metric family is filled: names get their prefix, labels and values their place.
//
// A family holds samples of one type; its samples are added in label order. Values only.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router/stats.h"

namespace room_router {

using prometheus::MetricType;
using MetricLabels = std::vector<prometheus::ClientMetric::Label>;
using MetricFamilies = std::vector<prometheus::MetricFamily>;

MetricLabels With(MetricLabels labels, std::string name, std::string_view value);

class Family {
 public:
  Family(std::string name, MetricType type, std::string help);  // "rooms" → room_router_rooms
  static Family Foreign(std::string name, MetricType type, std::string help);  // without a prefix

  void Add(MetricLabels labels, auto value) { AddValue(std::move(labels), double(value)); }
  void Add(MetricLabels labels, const Histogram& histogram);
  void Add(const MetricLabels& labels, const ResponseCounts& responses);  // by `class`

  prometheus::MetricFamily Take() { return std::move(family_); }

 private:
  Family() = default;
  void AddValue(MetricLabels labels, double value);

  prometheus::MetricFamily family_;
};

// A family with one sample and no label.
void AddOne(MetricFamilies& out, std::string name, MetricType type, std::string help, auto value) {
  Family family(std::move(name), type, std::move(help));
  family.Add({}, value);
  out.push_back(family.Take());
}

}  // namespace room_router
