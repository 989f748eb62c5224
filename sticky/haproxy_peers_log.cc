// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_log.h"

#include <utility>

namespace room_router::haproxy {

void TeachingLog::Add(LogEntry entry) {
  if (const auto same = by_key_.find(entry.key); same != by_key_.end()) {
    Drop(entries_.find(same->second));
  }
  if (entries_.size() >= limit_) {
    forgotten_ = entries_.begin()->first;
    Drop(entries_.begin());
  }
  by_key_[entry.key] = ++newest_;
  entries_.emplace(newest_, std::move(entry));
}

const LogEntry* TeachingLog::Next(uint64_t& sequence) const {
  const auto next = entries_.upper_bound(sequence);
  if (next == entries_.end()) return nullptr;
  sequence = next->first;
  return &next->second;
}

void TeachingLog::DropUpTo(uint64_t sequence) {
  while (!entries_.empty() && entries_.begin()->first <= sequence) Drop(entries_.begin());
}

void TeachingLog::Drop(std::map<uint64_t, LogEntry>::iterator entry) {
  by_key_.erase(entry->second.key);
  entries_.erase(entry);
}

}  // namespace room_router::haproxy
