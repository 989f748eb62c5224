// SPDX-License-Identifier: Apache-2.0
// What happened to this replica and its shards lately, kept for operators: events with numbers from
// 1, and what each shard and endpoint went through.
//
// Bounded: the newest kMostEvents; the newest kMostChanges of each of kMostSubjects shards and
// endpoints, of which the one at rest for longest gives way; texts of kMostText bytes. What befalls
// rooms comes in thousands: it is added up by cause, and Tick makes one event of it, at once or
// kPause after the last one of that cause. Rooms are named as they are; whoever shows them heeds
// admin.dashboard.room_names. Pure; control thread; no errors.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "config/clock.h"
#include "discovery/event.h"
#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router {

class Journal {
 public:
  static constexpr size_t kMostEvents = 1000, kMostChanges = 20, kMostSubjects = 2048;
  static constexpr size_t kMostText = 256;
  static constexpr Duration kPause{5000};

  struct Room {
    RoomKey key;
    std::string name;  // canonical
  };
  struct Entry {
    std::string kind;
    config::LogLevel level = config::LogLevel::kInfo;
    std::string shard{}, endpoint{}, replica{}, from{}, to{}, reason{};
    std::string detail{};  // a sentence, where the rest says too little
    uint64_t count = 0;    // of rooms
    std::optional<Room> room{};
    uint64_t id = 0;  // given by Add
    TimePoint time{};
  };
  struct Change {
    TimePoint time;
    std::string what, from, to, reason;
  };
  using Changes = std::deque<Change>;  // newest first

  // kUnavailable: the data plane placed them anew, for their shard was down or in maintenance.
  enum class Cause : uint8_t { kUnavailable, kPin, kOperator, kReplica, kSplit, kHealed };
  struct Fate {  // of one room
    Room room;
    std::string from, to;  // shards; empty = none
  };

  void Add(Entry entry, TimePoint now);
  void Note(const Event& event, TimePoint now);
  // What operators order about a shard that was like `before`.
  void NoteOrder(const Shard& before, const ShardOrder& order, TimePoint now);

  void AddRoom(Cause cause, const Fate& fate);
  void AddRooms(Cause cause, uint64_t count);
  // Of all moves the table has counted, those that no other cause was given for are the data
  // plane's. Each room of kPin, kOperator, kReplica and kSplit is one of the table's moves.
  void CountMoves(uint64_t total);
  // `rooms_on`: how many live on a shard.
  void Tick(const ShardSet& shards, const std::function<uint32_t(ShardId)>& rooms_on,
            TimePoint now);

  const std::deque<Entry>& newest_first() const { return events_; }
  uint64_t latest() const { return latest_; }
  // Of a shard, or one of its endpoints; null = none yet.
  const Changes* ChangesOf(std::string_view shard, std::string_view endpoint = {}) const;

 private:
  using Subject = std::pair<std::string, std::string>;  // shard, endpoint
  struct Sum {                                          // of a cause
    uint64_t count = 0;
    Fate last{};
    bool alike = false;  // `last` is set, and all had its `from` and `to`
    TimePoint told{};
  };

  struct Ordered {
    AdminState state = AdminState::kReady;
    WeightOrder weight{};
  };

  void Remember(const Subject& subject, Change change);
  void Tell(Cause cause, Sum& sum, TimePoint now);

  std::deque<Entry> events_;
  uint64_t latest_ = 0, moves_told_ = 0;
  std::map<Subject, Changes> changes_;
  std::array<Sum, 6> sums_;                 // index = Cause
  std::map<std::string, Ordered> ordered_;  // last, by shard
  std::set<ShardId> emptied_;               // of those not ready, as told
};

// One line about it, for people, without the room's name.
std::string Sentence(const Journal::Entry& entry);

}  // namespace room_router
