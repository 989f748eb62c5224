// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/measurement.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "bench/end_to_end/calibration.h"
#include "bench/end_to_end/generator.h"
#include "bench/end_to_end/proxy_usage.h"

namespace room_router::bench {
namespace {

constexpr double kSettleSeconds = 0.3;
constexpr int64_t kOpenTimeoutNs = 20'000'000'000;
constexpr int64_t kFinishTimeoutNs = 120'000'000'000;
constexpr uint64_t kWarmTurns = 1000;

}  // namespace

Measurement::Measurement(Poller& poller, Backend& backend, ControlInput& control)
    : poller_(poller), backend_(backend), control_(control) {}

Measured Measurement::Run(const Options& options) {
  Measured measured;
  if (options.core >= 0) measured.calibration_before_us = Calibrate(options.core);
  if (options.plan.mode == Mode::kIdle) {
    RunIdle(options, &measured);
  } else {
    RunTurns(options, &measured);
  }
  if (options.core >= 0) measured.calibration_after_us = Calibrate(options.core);
  return measured;
}

void Measurement::RunTurns(const Options& options, Measured* measured) {
  Generator generator(poller_, options.plan);
  if (Open(options, generator)) {
    generator.Begin(options.count > 0 ? kWarmTurns : Generator::kUnlimited);
    if (options.count > 0) {
      Finish(options, generator);
    } else {
      PollFor(options, options.warm_s, &generator);
    }
    Step(options, "ready");
    generator.latencies_ns().clear();
    const Snapshot before = Take(options, generator);
    if (options.count > 0) {
      generator.Begin(options.count);
      Finish(options, generator);
    } else {
      PollFor(options, options.seconds, &generator);
    }
    const Snapshot after = Take(options, generator);
    Step(options, "done");
    measured->seconds = static_cast<double>(after.now_ns - before.now_ns) / 1e9;
    measured->cpu_ns = after.cpu_ns - before.cpu_ns;
    measured->core_busy_ns = after.core_busy_ns - before.core_busy_ns;
    measured->tally = generator.tally();
    measured->tally.completed = after.completed - before.completed;
    measured->tally.bytes = after.bytes - before.bytes;
  } else {
    measured->tally = generator.tally();
  }
  measured->open_connections = generator.open_connections();
  measured->latencies_ns = std::move(generator.latencies_ns());
}

// Every room is known to the proxy before its memory is read first, so that the growth is the
// tunnels' own and not the room table's.
void Measurement::RunIdle(const Options& options, Measured* measured) {
  Options fill = options;
  fill.plan.mode = Mode::kHttp;
  fill.plan.connections = 64;
  {
    Generator generator(poller_, fill.plan);
    if (Open(fill, generator)) {
      generator.Begin(2 * kRooms);
      Finish(fill, generator);
    }
    measured->tally = generator.tally();
  }
  PollFor(options, kSettleSeconds, nullptr);
  measured->memory_before = AnonymousBytes(options.pid);
  Generator tunnels(poller_, options.plan);
  Open(options, tunnels);
  PollFor(options, kSettleSeconds, nullptr);
  measured->memory_after = AnonymousBytes(options.pid);
  measured->open_connections = tunnels.open_connections();
  measured->tally.failures += tunnels.tally().failures;
  measured->tally.bad_status += tunnels.tally().bad_status;
  Step(options, "done");
}

bool Measurement::Open(const Options& options, Generator& generator) {
  const int64_t deadline = NowNs() + kOpenTimeoutNs;
  while (generator.open_connections() < options.plan.connections) {
    generator.OpenSome();
    poller_.Poll(options.sleeps ? 1 : 0);
    if (NowNs() > deadline || generator.tally().failures > 0) return false;
  }
  return true;
}

Measurement::Snapshot Measurement::Take(const Options& options, Generator& generator) {
  return {.now_ns = NowNs(),
          .cpu_ns = CpuNs(options.pid),
          .core_busy_ns = CoreBusyNs(std::max(options.core, 0)),
          .completed = generator.tally().completed,
          .bytes = generator.tally().bytes + backend_.drained_bytes()};
}

void Measurement::PollFor(const Options& options, double seconds, Generator* generator) {
  const int64_t end = NowNs() + static_cast<int64_t>(seconds * 1e9);
  while (NowNs() < end) {
    poller_.Poll(options.sleeps ? 1 : 0);
    if (generator != nullptr) generator->Pump();
  }
}

void Measurement::Finish(const Options& options, Generator& generator) {
  const int64_t deadline = NowNs() + kFinishTimeoutNs;
  while (!generator.finished() && NowNs() < deadline) {
    poller_.Poll(options.sleeps ? 1 : 0);
    generator.Pump();
  }
}

void Measurement::Step(const Options& options, const char* name) {
  if (!options.stepwise) return;
  std::cout << R"({"step": ")" << name << "\"}" << std::endl;
  control_.WaitForLine();
}

}  // namespace room_router::bench
