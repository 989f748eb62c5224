// SPDX-License-Identifier: Apache-2.0
#include "router/admin/metric_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace room_router {
namespace {

constexpr double kWhole = 9e15;  // below, doubles tell whole numbers apart

void AppendNumber(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  std::array<char, 32> digits;
  char* const end = digits.data() + digits.size();
  const bool whole = std::abs(value) < kWhole && value == std::floor(value);
  const auto written = whole ? std::to_chars(digits.data(), end, static_cast<int64_t>(value))
                             : std::to_chars(digits.data(), end, value);
  out.append(digits.data(), written.ptr);
}

void AppendEscaped(std::string& out, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && quoted)) out += '\\';
    out += c;
  }
}

// `name="value",…` without the braces.
void WriteLabels(std::string& out, const MetricLabels& labels) {
  out.clear();
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ',';
    out.append(name).append("=\"");
    AppendEscaped(out, value, true);
    out += '"';
  }
}

void AppendSample(std::string& out, std::string_view name, std::string_view labels, double value) {
  out += name;
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out += ' ';
  AppendNumber(out, value);
  out += '\n';
}

class FamilyText {
 public:
  FamilyText(std::string& out, const prometheus::MetricFamily& family)
      : out_(out), family_(family), bucket_(family.name + "_bucket") {}

  void Write() {
    const bool counts = family_.type == MetricType::Counter;
    const bool spreads = family_.type == MetricType::Histogram;
    out_.append("# HELP ").append(family_.name).append(" ");
    AppendEscaped(out_, family_.help, false);
    out_.append("\n# TYPE ").append(family_.name);
    out_ += spreads ? " histogram\n" : counts ? " counter\n" : " gauge\n";
    for (const prometheus::ClientMetric& metric : family_.metric) {
      WriteLabels(labels_, metric.label);
      if (spreads) {
        WriteHistogram(metric.histogram);
      } else {
        AppendSample(out_, family_.name, labels_,
                     counts ? metric.counter.value : metric.gauge.value);
      }
    }
  }

 private:
  void WriteHistogram(const prometheus::ClientMetric::Histogram& histogram) {
    AppendSample(out_, family_.name + "_count", labels_,
                 static_cast<double>(histogram.sample_count));
    AppendSample(out_, family_.name + "_sum", labels_, histogram.sample_sum);
    if (!labels_.empty()) labels_ += ',';
    labels_ += "le=\"";
    const size_t common = labels_.size();
    for (const auto& bucket : histogram.bucket) {
      labels_.resize(common);
      AppendNumber(labels_, bucket.upper_bound);
      labels_ += '"';
      AppendSample(out_, bucket_, labels_, static_cast<double>(bucket.cumulative_count));
    }
  }

  std::string& out_;
  const prometheus::MetricFamily& family_;
  const std::string bucket_;
  std::string labels_;
};

}  // namespace

std::string ToText(const MetricFamilies& families) {
  std::string text;
  for (const prometheus::MetricFamily& family : families) {
    FamilyText(text, family).Write();
  }
  return text;
}

}  // namespace room_router
