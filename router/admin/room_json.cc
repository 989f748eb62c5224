// SPDX-License-Identifier: Apache-2.0
#include "router/admin/room_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "router/admin/api_json.h"
#include "router/admin/api_text.h"
#include "sticky/gossip.h"

namespace room_router::admin {
namespace {

using config::RoomNames;

// Which replica chose the shard, by the stamp of the binding.
Json BoundBy(const EntryView& entry, const ApiCall& call) {
  const auto record = call.sources.table->Record(entry.key_namespace, entry.key, call.view->now);
  if (!record) return nullptr;
  for (const ReplicaView& replica : call.view->replication.replicas) {
    if (ReplicaId(replica.name, replica.start) == record->cell.binding.stamp.replica) {
      return replica.name;
    }
  }
  return nullptr;
}

Json PlaceJson(const EntryView& entry, const ApiCall& call) {
  const AdminView& view = *call.view;
  const Shard* shard = view.shards->FindById(entry.shard);
  const bool held = entry.sessions > 0;
  Json place = {
      {"name", ShownRoom(entry.display, entry.key, view.config->admin.dashboard.room_names)},
      {"kind", NamespaceName(entry.key_namespace)},
      {"shard", nullptr},
      {"shard_state", nullptr},
      {"shard_admin", nullptr},
      {"since", TimeText(view, entry.created)},
      {"expires", nullptr},
      {"moves", entry.epoch},
      {"bound_by", BoundBy(entry, call)},
      {"sessions", {{{"replica", view.config->node.name}, {"sessions", entry.sessions}}}},
      {"split", entry.split}};
  if (shard != nullptr) {
    place["shard"] = shard->name;
    place["shard_state"] = ToString(shard->state);
    place["shard_admin"] = ToString(shard->admin);
  }
  if (!held) place["expires"] = TimeText(view, entry.expires);
  return place;
}

AdminPage NoRoom(const std::string& name) {
  return ErrorPage(404, "no room '" + name +
                            "' has a shard; write it as in its address (room or tenant/room) or "
                            "as [tenant]room, percent-encoded");
}

}  // namespace

std::string TypedRoom(std::string_view rest) {
  if (rest.starts_with('/')) rest.remove_prefix(1);
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return DecodePath(rest);
  return "[" + DecodePath(rest.substr(0, slash)) + "]" + DecodePath(rest.substr(slash + 1));
}

std::vector<EntryView> EntriesOf(std::string_view name, const AdminSources& sources,
                                 TimePoint now) {
  std::optional<RoomKey> key;
  if (sources.key_of_name) key = sources.key_of_name(name);
  const bool hashed = sources.config()->admin.dashboard.room_names == RoomNames::kHashed;
  std::vector<EntryView> entries;
  sources.table->ForEach(now, [&](const EntryView& entry) {
    const bool shown = hashed && ShownRoom({}, entry.key, RoomNames::kHashed) == name;
    if (shown || entry.display == name || (key && entry.key == *key)) entries.push_back(entry);
  });
  std::ranges::sort(entries, {}, [](const EntryView& entry) {
    return std::tie(entry.display, entry.key_namespace);
  });
  return entries;
}

AdminPage ReadRoom(const ApiCall& call) {
  const std::string name = TypedRoom(call.parts.at(0));
  const RoomNames names = call.view->config->admin.dashboard.room_names;
  if (names == RoomNames::kAbsent) {
    return ErrorPage(403,
                     "admin.dashboard.room_names is absent: rooms are not looked up by name here; "
                     "show room does it on the admin socket");
  }
  const auto entries = EntriesOf(name, call.sources, call.view->now);
  if (entries.empty()) return NoRoom(name);
  Json places = Json::array(), replicas = Json::array();
  for (const EntryView& entry : entries) places.push_back(PlaceJson(entry, call));
  for (const ReplicaView& replica : call.view->replication.replicas) {
    if (!replica.self) replicas.push_back({{"name", replica.name}, {"linked", replica.linked}});
  }
  return JsonPage(200, Dump({{"name", places.front()["name"]},
                             {"names", ToString(names)},
                             {"places", places},
                             {"replicas", replicas}}));
}

}  // namespace room_router::admin
