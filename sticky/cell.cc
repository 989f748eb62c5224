// SPDX-License-Identifier: Apache-2.0
#include "sticky/cell.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

namespace room_router {

std::strong_ordering operator<=>(const Binding& a, const Binding& b) {
  if (const auto by_epoch = a.epoch <=> b.epoch; by_epoch != 0) return by_epoch;
  if (const auto by_stamp = b.stamp <=> a.stamp; by_stamp != 0) return by_stamp;
  return a.tombstone <=> b.tombstone;
}

Cell Join(const Cell& a, const Cell& b) {
  return {.binding = std::max(a.binding, b.binding), .renewed = std::max(a.renewed, b.renewed)};
}

size_t BucketOf(RoomKey key) { return (key.high >> 32) % kCellBuckets; }

uint64_t DigestOf(KeyNamespace ns, RoomKey key, const Cell& cell) {
  const Binding& binding = cell.binding;
  const auto kind = static_cast<uint64_t>(ns) << 1U | static_cast<uint64_t>(binding.tombstone);
  const std::array<uint64_t, 7> words{
      key.high,    key.low, kind, binding.epoch, binding.stamp.time, binding.stamp.replica,
      cell.renewed};
  return XXH3_64bits(words.data(), sizeof words);
}

}  // namespace room_router
