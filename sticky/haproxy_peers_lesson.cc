// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_lesson.h"

#include <limits>

namespace room_router::haproxy {

uint64_t FingerprintOf(RoomKey key, ShardId shard) {
  return key.high ^ (key.low + shard) * 0x9E3779B97F4A7C15;
}

Lesson::Lesson(const StickTable& table, const Fingerprints& known, TimePoint now) {
  table.ForEach(now, [&](const EntryView& entry) {
    if (entry.key_namespace != KeyNamespace::kRoom) return;
    if (known.contains(FingerprintOf(entry.key, entry.shard))) return;
    if (names_.size() + entry.display.size() > std::numeric_limits<uint32_t>::max()) return;
    names_ += entry.display;
    rooms_.push_back({.key = entry.key,
                      .expires = entry.sessions > 0 ? TimePoint::max() : entry.expires,
                      .shard = entry.shard,
                      .end = static_cast<uint32_t>(names_.size())});
  });
}

std::optional<Lesson::Item> Lesson::Next() {
  if (done()) return std::nullopt;
  const size_t begin = next_ == 0 ? 0 : rooms_[next_ - 1].end;
  const Room& room = rooms_[next_++];
  return Item{.key = room.key,
              .display = std::string_view(names_).substr(begin, room.end - begin),
              .shard = room.shard,
              .expires = room.expires};
}

}  // namespace room_router::haproxy
