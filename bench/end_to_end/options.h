// SPDX-License-Identifier: Apache-2.0
// What bench_load is asked for, on its command line and, as a server, on each line of standard
// input. Pure.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/end_to_end/generator.h"

namespace room_router::bench {

struct Options {
  std::vector<uint16_t> listen{9001};  // -l 9001,9002: the backend's ports, one per shard
  Plan plan;                           // -p PORT -m MODE -c CONNECTIONS -r RATE -t TLS -o
  pid_t pid = 0;                       // -P: the proxy
  double warm_s = 0.15;                // -w
  double seconds = 0.35;               // -d
  uint64_t count = 0;                  // -n: this many turns instead of a time
  int core = -1;                       // -k: the proxy's, for calibration
  bool sleeps = false;                 // -s: give up the CPU when there is nothing to do
  bool stepwise = false;               // -S: print a line and read one before and after measuring
};

extern const std::string_view kUsage;

// Changes only what the words name. Returns what is wrong, empty = fine.
std::string ParseOptions(const std::vector<std::string>& words, Options* options);

}  // namespace room_router::bench
