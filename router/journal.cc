// SPDX-License-Identifier: Apache-2.0
#include "router/journal.h"

#include <algorithm>
#include <utility>

#include "sticky/shard_orders.h"

namespace room_router {
namespace {

using config::LogLevel;

constexpr std::array<std::string_view, 6> kReasons = {"unavailable", "pin", "operator",
                                                      "replica",     "",    ""};

void Clip(std::string& text) {
  if (text.size() > Journal::kMostText) text.resize(Journal::kMostText);
}

// What a change of this kind is of; empty: the event is no change.
std::string_view WhatChanged(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kShardState:
      return "state";
    case Event::Kind::kShardAdded:
    case Event::Kind::kShardRemoved:
    case Event::Kind::kEndpointAdded:
    case Event::Kind::kEndpointRemoved:
      return "presence";
    case Event::Kind::kEndpointHealth:
    case Event::Kind::kEndpointEjected:
      return "health";
    case Event::Kind::kEndpointAgent:
      return "agent";
    default:
      return "";
  }
}

bool Appears(Event::Kind kind) {
  return kind == Event::Kind::kShardAdded || kind == Event::Kind::kEndpointAdded;
}

// An event in the words of a change.
Journal::Change ChangeOf(const Event& event, TimePoint now) {
  Journal::Change change{.time = now,
                         .what = std::string(WhatChanged(event.kind)),
                         .from = event.from,
                         .to = event.to,
                         .reason = event.reason};
  if (change.what == "presence") {
    change.from = Appears(event.kind) ? "absent" : "present";
    change.to = Appears(event.kind) ? "present" : "absent";
    change.reason = event.detail;
  } else if (event.kind == Event::Kind::kEndpointEjected) {
    change.to = "ejected";
    change.reason = event.detail;
  } else if (event.kind == Event::Kind::kEndpointAgent) {
    change.to = event.detail;
  }
  return change;
}

std::string Rooms(uint64_t count) {
  return count == 1 ? "1 room" : std::to_string(count) + " rooms";
}

std::string Way(const Journal::Entry& entry) {
  std::string way;
  if (!entry.from.empty()) way += " from " + entry.from;
  if (!entry.to.empty()) way += " to " + entry.to;
  return way;
}

std::string AboutRooms(const Journal::Entry& entry) {
  const std::string rooms = Rooms(entry.count);
  if (entry.kind == "split_found") return rooms + " found to live on two shards" + Way(entry);
  if (entry.kind == "room_healed") return rooms + " healed: sessions on the wrong shard were ended";
  const std::string moved = rooms + " moved" + Way(entry);
  if (entry.reason == "unavailable") return moved + ": their shard was not available";
  if (entry.reason == "pin") return moved + " as pinned";
  if (entry.reason == "operator") return moved + " by an operator";
  return moved + " as another replica says";
}

}  // namespace

void Journal::Add(Entry entry, TimePoint now) {
  for (auto* text : {&entry.shard, &entry.endpoint, &entry.replica, &entry.from, &entry.to,
                     &entry.reason, &entry.detail}) {
    Clip(*text);
  }
  entry.id = ++latest_;
  entry.time = now;
  events_.push_front(std::move(entry));
  if (events_.size() > kMostEvents) events_.pop_back();
}

void Journal::Note(const Event& event, TimePoint now) {
  Add({.kind = std::string(ToString(event.kind)),
       .level = event.level,
       .shard = event.shard,
       .endpoint = event.endpoint,
       .from = event.from,
       .to = event.to,
       .reason = event.reason,
       .detail = event.detail},
      now);
  if (!event.shard.empty() && !WhatChanged(event.kind).empty()) {
    Remember({event.shard, event.endpoint}, ChangeOf(event, now));
  }
}

void Journal::NoteOrder(const Shard& before, const ShardOrder& order, TimePoint now) {
  // A snapshot may be older than the last order.
  Ordered& last = ordered_.try_emplace(before.name, Ordered{.state = before.admin}).first->second;
  const WeightOrder weight = order.weight.value_or(WeightOrder());
  if (last.weight != weight) {
    Add({.kind = "shard_weight",
         .shard = before.name,
         .from = ToString(std::exchange(last.weight, weight)),
         .to = ToString(weight),
         .reason = "ordered"},
        now);
  }
  if (last.state == order.state) return;
  const std::string from(ToString(std::exchange(last.state, order.state)));
  const std::string to(ToString(order.state));
  const std::string reason = order.given ? "ordered" : "shards.initial_state";
  emptied_.erase(before.id);
  Add({.kind = "shard_admin", .shard = before.name, .from = from, .to = to, .reason = reason}, now);
  Remember({before.name, ""},
           {.time = now, .what = "admin", .from = from, .to = to, .reason = reason});
}

void Journal::AddRoom(Cause cause, const Fate& fate) {
  Sum& sum = sums_.at(static_cast<size_t>(cause));
  const bool alike =
      sum.count == 0 || (sum.alike && sum.last.from == fate.from && sum.last.to == fate.to);
  AddRooms(cause, 1);
  sum.alike = alike;
  sum.last = fate;
}

void Journal::AddRooms(Cause cause, uint64_t count) {
  Sum& sum = sums_.at(static_cast<size_t>(cause));
  sum.count += count;
  sum.alike = false;
  if (cause != Cause::kUnavailable && cause != Cause::kHealed) moves_told_ += count;
}

void Journal::CountMoves(uint64_t total) {
  if (total <= moves_told_) return;
  AddRooms(Cause::kUnavailable, total - moves_told_);
  moves_told_ = total;
}

void Journal::Tick(const ShardSet& shards, const std::function<uint32_t(ShardId)>& rooms_on,
                   TimePoint now) {
  for (size_t cause = 0; cause < sums_.size(); ++cause) {
    Sum& sum = sums_.at(cause);
    const bool may = sum.told == TimePoint{} || now - sum.told >= kPause;
    if (sum.count > 0 && may) Tell(static_cast<Cause>(cause), sum, now);
  }
  for (const Shard& shard : shards.shards) {
    if (shard.admin == AdminState::kReady || rooms_on(shard.id) > 0) {
      emptied_.erase(shard.id);
    } else if (emptied_.insert(shard.id).second) {
      Add({.kind = "shard_emptied", .shard = shard.name}, now);
    }
  }
}

const Journal::Changes* Journal::ChangesOf(std::string_view shard,
                                           std::string_view endpoint) const {
  const auto found = changes_.find({std::string(shard), std::string(endpoint)});
  return found == changes_.end() ? nullptr : &found->second;
}

void Journal::Remember(const Subject& subject, Change change) {
  Clip(change.to);
  Clip(change.reason);
  Changes& changes = changes_[subject];
  changes.push_front(std::move(change));
  if (changes.size() > kMostChanges) changes.pop_back();
  if (changes_.size() <= kMostSubjects) return;
  const auto last_change = [](const auto& each) { return each.second.front().time; };
  changes_.erase(std::ranges::min_element(changes_, {}, last_change));
}

void Journal::Tell(Cause cause, Sum& sum, TimePoint now) {
  Entry entry{.kind = "rooms_moved",
              .reason = std::string(kReasons.at(static_cast<size_t>(cause))),
              .count = sum.count};
  if (cause == Cause::kSplit) entry.kind = "split_found";
  if (cause == Cause::kHealed) entry.kind = "room_healed";
  if (cause == Cause::kSplit || cause == Cause::kUnavailable) entry.level = LogLevel::kWarning;
  if (sum.alike) {
    entry.from = sum.last.from;
    entry.to = sum.last.to;
  }
  if (sum.alike && sum.count == 1) entry.room = sum.last.room;
  sum = {.told = now};
  Add(std::move(entry), now);
}

std::string Sentence(const Journal::Entry& entry) {
  if (entry.count > 0) return AboutRooms(entry);
  std::string subject = entry.shard.empty() ? entry.replica : entry.shard;
  if (!entry.endpoint.empty()) subject += (subject.empty() ? "" : " ") + entry.endpoint;
  std::string said = entry.detail;
  if (entry.kind == "shard_added") said = "was found";
  if (entry.kind == "shard_removed") said = "is gone";
  if (entry.kind == "shard_emptied") said = "has no rooms any more";
  if (!entry.to.empty()) {
    said = (entry.from.empty() ? "" : entry.from + " -> ") + entry.to;
    if (!entry.reason.empty()) said += ", " + entry.reason;
  }
  if (subject.empty()) return said.empty() ? entry.kind : said;
  return said.empty() ? subject : subject + ": " + said;
}

}  // namespace room_router
