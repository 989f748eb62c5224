// SPDX-License-Identifier: Apache-2.0
// How long something took, counted in fixed buckets of milliseconds from 1 ms to 60 s.
//
// A plain value of one owner; an observation costs a few increments and no division.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace room_router {

struct Histogram {
  static constexpr std::array<uint32_t, 13> kBoundsMs = {1,   2,    5,    10,   20,    50,   100,
                                                         250, 1000, 2500, 5000, 15000, 60000};
  std::array<uint64_t, kBoundsMs.size() + 1> counts{};
  uint64_t sum_ms = 0;

  void Observe(uint64_t ms) {
    size_t i = 0;
    while (i < kBoundsMs.size() && ms > kBoundsMs[i]) ++i;
    ++counts[i];
    sum_ms += ms;
  }
};

}  // namespace room_router
