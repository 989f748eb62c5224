// SPDX-License-Identifier: Apache-2.0
#include "router/rule_keeper.h"

#include <string_view>

namespace room_router {
namespace {

// Of a canonical name, which is its own normal form.
RoomRequest ReadCanonical(std::string_view name) {
  static const RoomKeyReader reader{config::RoomKey{}};
  RoomRequest room;
  reader.ReadTyped(name, room);
  return room;
}

}  // namespace

void MovePinned(const Routing& routing, StickTable& table, TimePoint now, MovedRooms& moved) {
  for (const auto& [name, target] : routing.rules->pins.Of(RuleScope::kRoom)) {
    const auto places = routing.within.find(target);
    if (places == routing.within.end()) continue;
    const RoomRequest room = ReadCanonical(name);
    const auto home = table.Find(room.key_namespace, room.key, now);
    if (!home) continue;
    const Shard* shard = routing.set->FindById(home->shard);
    if (shard != nullptr && target.Has(*shard) && shard->KeepsRooms()) continue;
    const auto* place = Place(room.key, places->second.candidates);
    table.Set(room.key_namespace, room.key, name, place->id, now);
    moved.Add(room.key_namespace, room.key, place->id);
  }
}

void FindBanned(const RoomRules& rules, const StickTable& table, TimePoint now, MovedRooms& moved) {
  for (const auto& [name, action] : rules.bans.Of(RuleScope::kRoom)) {
    const RoomRequest room = ReadCanonical(name);
    if (table.Find(room.key_namespace, room.key, now)) {
      moved.Add(room.key_namespace, room.key, kNoShard);
    }
  }
  if (rules.bans.Of(RuleScope::kPrefix).empty() && rules.bans.Of(RuleScope::kTenant).empty())
    return;
  table.ForEach(now, [&](const EntryView& entry) {
    if (entry.key_namespace != KeyNamespace::kRoom) return;
    if (rules.bans.Find(ReadCanonical(entry.display)) != nullptr) {
      moved.Add(entry.key_namespace, entry.key, kNoShard);
    }
  });
}

}  // namespace room_router
