// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/calibration.h"

#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/end_to_end/poller.h"

namespace room_router::bench {
namespace {

constexpr int kTries = 5;
constexpr size_t kWords = 32 << 10;  // 256 KiB: larger than the first cache, within the second
constexpr int kSteps = 300'000;

uint64_t FixedWork(std::vector<uint64_t>& words) {
  uint64_t state = 88172645463325252ULL;
  for (int i = 0; i < kSteps; ++i) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    words[state % kWords] += state;
  }
  return state;
}

class OnCore {
 public:
  explicit OnCore(int core) {
    if (core < 0 || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<size_t>(core), &only);
    moved_ = sched_setaffinity(0, sizeof only, &only) == 0;
  }
  ~OnCore() {
    if (moved_) sched_setaffinity(0, sizeof before_, &before_);
  }
  OnCore(const OnCore&) = delete;
  OnCore& operator=(const OnCore&) = delete;

 private:
  cpu_set_t before_{};
  bool moved_ = false;
};

}  // namespace

double Calibrate(int core) {
  OnCore moved(core);
  std::vector<uint64_t> words(kWords);
  volatile uint64_t sink = 0;
  int64_t best = INT64_MAX;
  for (int i = 0; i < kTries; ++i) {
    int64_t start = NowNs();
    sink = sink + FixedWork(words);
    best = std::min(best, NowNs() - start);
  }
  return static_cast<double>(best) / 1e3;
}

}  // namespace room_router::bench
