// SPDX-License-Identifier: Apache-2.0
// What a scrape costs: the text for Prometheus of 1 to 1,000 shards, with and without HAProxy's
// names, the sum over the workers and, on a worker's thread, the copy of its counters.
#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "router/admin/admin_collector.h"
#include "router/admin/metric_text.h"
#include "router/metrics.h"

namespace room_router::admin {
namespace {

constexpr size_t kWorkers = 4, kEndpoints = 2;  // of a shard

std::shared_ptr<ShardSet> Shards(size_t count) {
  auto set = std::make_shared<ShardSet>();
  set->answered = true;
  EndpointId next = 0;
  for (size_t i = 0; i < count; ++i) {
    Shard shard{.id = static_cast<ShardId>(i), .name = "shard-" + std::to_string(i)};
    shard.state = ShardState::kUp;
    for (size_t web = 0; web < kEndpoints; ++web) {
      const EndpointId id = next++;
      shard.endpoints.push_back({.id = id,
                                 .name = "web-" + std::to_string(web),
                                 .address = *SocketAddress::FromIp("10.0.0.1", 8000),
                                 .up = true,
                                 .last_check = "L7OK/200",
                                 .last_check_ms = 3});
    }
    set->shards.push_back(std::move(shard));
  }
  set->Index();
  return set;
}

// A day's traffic: numbers of ordinary length, all buckets in use.
WorkerStats Counted(size_t shards, std::mt19937_64& random) {
  WorkerStats stats;
  stats.listeners.resize(1);
  stats.endpoints.resize(shards * kEndpoints);
  for (EndpointStats& endpoint : stats.endpoints) {
    endpoint.requests = random() % 1'000'000;
    endpoint.bytes_in = random() % 1'000'000'000'000;
    endpoint.bytes_out = random() % 1'000'000'000'000;
    endpoint.tunnels = 700;
    for (uint64_t& count : endpoint.responses.by_class) count = random() % 1'000'000;
    for (Histogram* each : {&endpoint.connect_ms, &endpoint.first_byte_ms, &endpoint.total_ms}) {
      for (uint64_t& count : each->counts) count = random() % 100'000;
      each->sum_ms = random() % 1'000'000'000;
    }
  }
  return stats;
}

struct Deployment {
  explicit Deployment(size_t count, bool haproxy = false) : shards(Shards(count)) {
    std::mt19937_64 random(1);
    for (size_t i = 0; i < kWorkers; ++i) workers.push_back(Counted(count, random));
    config->listeners.emplace_back();
    config->admin.haproxy_metrics = haproxy;
  }

  AdminSources Sources() {
    return {.config = [this] { return config; },
            .shards = [this] { return shards; },
            .table = &table,
            .collect = [this](AdminSources::Collected done) { done(workers); },
            .workers = kWorkers,
            .readiness = [] { return Readiness{.ready = true, .reason = {}}; },
            .reload = [] { return ReloadState{}; }};
  }

  std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
  std::shared_ptr<ShardSet> shards;
  StickTable table{{.size = 1000}};
  std::vector<WorkerStats> workers;
};

void Scrape(benchmark::State& state, bool haproxy) {
  Deployment deployment(static_cast<size_t>(state.range(0)), haproxy);
  AdminCollector collector(deployment.Sources());
  size_t bytes = 0;
  for (auto _ : state) {
    collector.Collect([&bytes](const AdminViewPtr& view) { bytes = MetricsText(*view).size(); });
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(Scrape, own_names, false)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Scrape, with_haproxy_names, true)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);

// 1,000 histograms, as text: by prometheus-cpp and by the router.
void Write(benchmark::State& state, std::string (*write)(const MetricFamilies&)) {
  std::mt19937_64 random(1);
  Family family("shard_connect_seconds", MetricType::Histogram, "Time to open a connection.");
  for (const EndpointStats& endpoint : Counted(500, random).endpoints) {
    family.Add(With(With({}, "shard", "shard-0"), "endpoint", "web-0"), endpoint.connect_ms);
  }
  MetricFamilies families;
  families.push_back(family.Take());
  for (auto _ : state) benchmark::DoNotOptimize(write(families).data());
}
BENCHMARK_CAPTURE(Write, prometheus_cpp, [](const MetricFamilies& families) {
  return prometheus::TextSerializer().Serialize(families);
})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Write, router, ToText)->Unit(benchmark::kMillisecond);

void MakeView(benchmark::State& state) {
  Deployment deployment(static_cast<size_t>(state.range(0)));
  AdminCollector collector(deployment.Sources());
  for (auto _ : state) {
    collector.Collect([](const AdminViewPtr& view) { benchmark::DoNotOptimize(view.get()); });
  }
}
BENCHMARK(MakeView)->Arg(1000)->Unit(benchmark::kMillisecond);

// All that a worker does for a scrape.
void CopyCounters(benchmark::State& state) {
  std::mt19937_64 random(1);
  const WorkerStats stats = Counted(static_cast<size_t>(state.range(0)), random);
  for (auto _ : state) {
    WorkerStats copy = stats;
    benchmark::DoNotOptimize(copy.endpoints.data());
  }
}
BENCHMARK(CopyCounters)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace room_router::admin
