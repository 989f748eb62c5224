// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/report.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

namespace room_router::bench {
namespace {

class JsonLine {
 public:
  void Add(std::string_view name, std::string_view raw) {
    line_.append(line_.empty() ? "{\"" : ", \"").append(name).append("\": ").append(raw);
  }
  void Add(std::string_view name, double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    Add(name, std::string_view(text));
  }
  void Add(std::string_view name, uint64_t value) {
    Add(name, std::string_view(std::to_string(value)));
  }
  std::string Take() { return line_ + "}"; }

 private:
  std::string line_;
};

double PercentileUs(const std::vector<uint32_t>& sorted, double share) {
  if (sorted.empty()) return 0;
  size_t index = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
  return sorted[index] / 1e3;
}

double Per(double amount, double unit) { return unit > 0 ? amount / unit : 0; }

void AddResult(const Options& options, const Measured& measured, JsonLine* line) {
  const double turns = static_cast<double>(measured.tally.completed);
  const double megabytes = static_cast<double>(measured.tally.bytes) / 1e6;
  const double cpu_us = static_cast<double>(measured.cpu_ns) / 1e3;
  line->Add("requests", measured.tally.completed);
  line->Add("requests_per_s", Per(turns, measured.seconds));
  line->Add("cpu_us", cpu_us);
  line->Add("cpu_us_per_request", Per(cpu_us, turns));
  line->Add("requests_per_cpu_s", Per(turns, cpu_us / 1e6));
  line->Add("mb", megabytes);
  line->Add("mb_per_cpu_s", Per(megabytes, cpu_us / 1e6));
  if (options.plan.mode != Mode::kIdle) return;
  const double growth = static_cast<double>(measured.memory_after - measured.memory_before);
  line->Add("memory_before", static_cast<double>(measured.memory_before));
  line->Add("bytes_per_tunnel", Per(growth, static_cast<double>(measured.open_connections)));
}

}  // namespace

std::string ToJson(const Options& options, Measured& measured) {
  std::sort(measured.latencies_ns.begin(), measured.latencies_ns.end());
  JsonLine line;
  line.Add("mode", "\"" + std::string(ToString(options.plan.mode)) + "\"");
  line.Add("connections", uint64_t{options.plan.connections});
  line.Add("open_connections", uint64_t{measured.open_connections});
  line.Add("rate", options.plan.rate);
  line.Add("seconds", measured.seconds);
  AddResult(options, measured, &line);
  line.Add("p50_us", PercentileUs(measured.latencies_ns, 0.50));
  line.Add("p99_us", PercentileUs(measured.latencies_ns, 0.99));
  line.Add("bad_status", measured.tally.bad_status);
  line.Add("bad_length", measured.tally.bad_length);
  line.Add("bad_handshakes", measured.tally.bad_handshakes);
  line.Add("failures", measured.tally.failures);
  line.Add("reconnects", measured.tally.reconnects);
  line.Add("core_busy_us", static_cast<double>(measured.core_busy_ns) / 1e3);
  line.Add("calibration_before_us", measured.calibration_before_us);
  line.Add("calibration_after_us", measured.calibration_after_us);
  return line.Take();
}

}  // namespace room_router::bench
