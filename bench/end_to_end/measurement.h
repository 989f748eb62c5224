// SPDX-License-Identifier: Apache-2.0
// One run: opens the connections, warms up, measures a window (or a number of turns), and closes.
// What the proxy used is read from /proc around the window.
//
// With Options::stepwise it prints {"step": "ready"} before and {"step": "done"} after the window
// and waits for a line each time, connections open: room for a profiler to be reset or attached.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/end_to_end/backend.h"
#include "bench/end_to_end/control_input.h"
#include "bench/end_to_end/options.h"
#include "bench/end_to_end/poller.h"

namespace room_router::bench {

struct Measured {
  double seconds = 0;
  int64_t cpu_ns = 0;        // the proxy, all threads
  int64_t core_busy_ns = 0;  // the proxy's core, anything
  Tally tally;               // completed, bytes: in the window; faults: in the whole run
  std::vector<uint32_t> latencies_ns;
  size_t open_connections = 0;
  int64_t memory_before = 0, memory_after = 0;  // idle tunnels only
  double calibration_before_us = 0, calibration_after_us = 0;
};

class Measurement {
 public:
  Measurement(Poller& poller, Backend& backend, ControlInput& control);

  Measured Run(const Options& options);

 private:
  struct Snapshot {
    int64_t now_ns, cpu_ns, core_busy_ns;
    uint64_t completed, bytes;
  };

  void RunTurns(const Options& options, Measured* measured);
  void RunIdle(const Options& options, Measured* measured);
  bool Open(const Options& options, Generator& generator);
  Snapshot Take(const Options& options, Generator& generator);
  void PollFor(const Options& options, double seconds, Generator* generator);
  void Finish(const Options& options, Generator& generator);
  void Step(const Options& options, const char* name);

  Poller& poller_;
  Backend& backend_;
  ControlInput& control_;
};

}  // namespace room_router::bench
