// SPDX-License-Identifier: Apache-2.0
// What HAProxy peers have yet to be taught: the latest binding of each room that changed here, in
// the order of the changes.
//
// Readers keep their own place in it (a sequence number, from 1). It holds at most `limit` rooms;
// the oldest go first, and whoever had not read them needs a whole lesson: see forgotten(). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router::haproxy {

struct RoomKeyHash {  // keys are hashes already
  size_t operator()(const RoomKey& key) const { return key.low ^ key.high; }
};

struct LogEntry {
  RoomKey key;
  std::string display;
  ShardId shard = kNoShard;
  TimePoint until;  // when the lease ends; not worth telling after it
};

class TeachingLog {
 public:
  explicit TeachingLog(size_t limit) : limit_(limit) {}

  void Add(LogEntry entry);
  // The first change behind `sequence`, which moves on to it; nullptr at the end.
  const LogEntry* Next(uint64_t& sequence) const;
  // Every reader is past it.
  void DropUpTo(uint64_t sequence);

  uint64_t newest() const { return newest_; }
  uint64_t forgotten() const { return forgotten_; }  // the last one dropped for want of room
  size_t size() const { return entries_.size(); }

 private:
  void Drop(std::map<uint64_t, LogEntry>::iterator entry);

  const size_t limit_;
  uint64_t newest_ = 0, forgotten_ = 0;
  std::map<uint64_t, LogEntry> entries_;
  std::unordered_map<RoomKey, uint64_t, RoomKeyHash> by_key_;
};

}  // namespace room_router::haproxy
