// SPDX-License-Identifier: Apache-2.0
// How a stick table is made. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "config/clock.h"
#include "sticky/hybrid_clock.h"
#include "sticky/room_key.h"

namespace room_router {

struct StickTableOptions {
  size_t size = 200'000;  // entries, all stripes together
  Duration expire = std::chrono::minutes(5);
  size_t display_bytes = 64;           // at most 65,535
  unsigned stripes = 64;               // power of two, at most kCellBuckets
  uint64_t seed = 0x9E3779B97F4A7C15;  // of the index; random where clients choose the names
  HybridClock* clock = nullptr;        // borrowed; null = no replicas: no stamps, no tombstones
  // A change waits that none waited before; called by the thread that made it, under no lock.
  std::function<void()> on_change;
  // FindOrBind gave a room another shard while sessions of it live; called likewise.
  std::function<void(KeyNamespace, RoomKey)> on_displaced;
};

}  // namespace room_router
