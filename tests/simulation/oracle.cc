// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/oracle.h"

#include <algorithm>
#include <string_view>

namespace room_router::simulation {
namespace {

bool Lives(const Replica* replica, const Oracle::Live& live) {
  return std::find(live.begin(), live.end(), replica) != live.end();
}

}  // namespace

bool Oracle::Beats(const Write& a, const Write& b) {
  if (a.epoch != b.epoch) return a.epoch > b.epoch;
  if (a.time != b.time) return a.time < b.time;
  return a.author < b.author;
}

std::optional<Oracle::Write> Oracle::At(const Replica& replica, uint32_t room) {
  const auto record = replica.Record(room);
  if (!record) return {};
  const Binding& binding = record->cell.binding;
  return Write{.epoch = binding.epoch,
               .time = binding.stamp.time,
               .author = binding.stamp.replica,
               .shard = binding.tombstone ? "" : replica.NameOf(record->shard)};
}

std::string Oracle::Note(const Replica& writer, uint32_t room, Deed deed, const std::string& shard,
                         const std::optional<CellRecord>& before) {
  const std::string where = "room " + std::to_string(room) + " on " + writer.life().name + ": ";
  const auto after = At(writer, room);
  if (!after) return where + "just written, not there";
  ++writes_;
  auto& writes = rooms_[room];
  for (const auto& [other, had] : writes) {
    const bool one_stamp =
        other.epoch == after->epoch && other.time == after->time && other.author == after->author;
    if (one_stamp && other.shard != after->shard) return where + "two writes bear one stamp";
  }
  writes[*after].insert(&writer);
  const std::string shard_before =
      before && !before->cell.binding.tombstone ? writer.NameOf(before->shard) : "";
  const std::string wrong = CheckDeed(deed, shard, before, *after, shard_before);
  return wrong.empty() ? "" : where + wrong;
}

std::string Oracle::CheckDeed(Deed deed, const std::string& shard,
                              const std::optional<CellRecord>& before, const Write& after,
                              const std::string& shard_before) const {
  const bool stays = deed == Deed::kJoin && !shard_before.empty();
  const std::string& expected = stays ? shard_before : shard;
  if (after.shard != expected) return "on '" + after.shard + "' instead of '" + expected + "'";
  if (rooms_lapse_ || (deed == Deed::kForget && shard_before.empty())) return "";
  const uint32_t was = before ? before->cell.binding.epoch + 1 : 0;
  const uint32_t epoch = stays ? before->cell.binding.epoch : was;
  return after.epoch == epoch ? "" : "epoch " + std::to_string(after.epoch);
}

void Oracle::NoteAdmin(Replica& writer, const std::string& name) {
  const AdminCell* cell = writer.admin().Cell(name);
  if (cell != nullptr) admin_[name] = {&writer, *cell};
}

std::string Oracle::CheckRoom(uint32_t room, const Live& live) const {
  const auto& writes = rooms_.at(room);
  std::optional<Write> best, seen;
  for (const auto& [write, had] : writes) {
    const bool kept = std::any_of(had.begin(), had.end(),
                                  [&](const Replica* replica) { return Lives(replica, live); });
    if (kept && (!best || Beats(write, *best))) best = write;
  }
  for (const Replica* replica : live) {
    const auto here = At(*replica, room);
    if (!here) continue;
    if (!writes.contains(*here)) return "is bound as nobody wrote, on " + replica->life().name;
    if (!seen || Beats(*here, *seen)) seen = here;
  }
  if (rooms_lapse_ || !best) return "";
  return seen && !Beats(*best, *seen) ? "" : "lost its winner";
}

std::string Oracle::Lost(const Live& live) const {
  for (const auto& [room, writes] : rooms_) {
    const std::string wrong = CheckRoom(room, live);
    if (!wrong.empty()) return "room " + std::to_string(room) + ' ' + wrong;
  }
  return "";
}

std::string Oracle::Unequal(const std::set<uint32_t>& rooms, const Live& live) {
  for (const uint32_t room : rooms) {
    for (const Replica* replica : live) {
      if (At(*replica, room) == At(*live.front(), room)) continue;
      return "room " + std::to_string(room) + " is not the same on " + replica->life().name;
    }
  }
  return "";
}

std::string Oracle::Unequal(const Live& live) const {
  std::set<uint32_t> rooms;
  for (const auto& [room, writes] : rooms_) rooms.insert(room);
  const std::string wrong = rooms_lapse_ ? "" : Unequal(rooms, live);
  if (!wrong.empty()) return wrong;
  for (const auto& [name, written] : admin_) {
    const auto& [writer, cell] = written;
    if (!Lives(writer, live)) continue;
    for (Replica* replica : live) {
      const AdminCell* here = replica->admin().Cell(name);
      if (here == nullptr || here->stamp < cell.stamp) {
        return name + " is older on " + replica->life().name + " than what was written";
      }
    }
  }
  return "";
}

}  // namespace room_router::simulation
