// SPDX-License-Identifier: Apache-2.0
#include "router/admin/api_json.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "router/admin/api_text.h"
#include "router/admin/drain_json.h"
#include "router/admin/history_json.h"
#include "router/admin/stat_rows.h"
#include "sticky/query.h"

namespace room_router::admin {
namespace {

int64_t SecondsBetween(TimePoint from, TimePoint to) {
  return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

Json EndpointJson(const AdminView& view, const Shard& shard, const Endpoint& endpoint) {
  const EndpointStats& stats = EndpointStatsOf(view.stats, endpoint.id);
  return {{"name", endpoint.name},
          {"server", ServerName(shard, endpoint)},
          {"address", endpoint.address.ToString()},
          {"up", endpoint.up},
          {"status", StatusWord(shard, endpoint, view.config->shards.health)},
          {"check", endpoint.last_check},
          {"check_ms", endpoint.last_check_ms},
          {"requests_total", stats.requests},
          {"requests_per_second", Rates::At(view.rates.endpoints, endpoint.id).now},
          {"outstanding", stats.outstanding},
          {"tunnels", stats.tunnels},
          {"responses_5xx_total", stats.responses.by_class[4]},
          {"connect_failures_total", stats.connect_failures}};
}

Json ShardJson(const AdminView& view, size_t position) {
  const Shard& shard = view.shards->shards[position];
  const uint32_t rooms = position < view.rooms.size() ? view.rooms[position] : 0;
  Json endpoints = Json::array();
  uint64_t sessions = 0, requests = 0, rate = 0;
  for (const Endpoint& endpoint : shard.endpoints) {
    const EndpointStats& stats = EndpointStatsOf(view.stats, endpoint.id);
    sessions += stats.tunnels;
    requests += stats.requests;
    rate += Rates::At(view.rates.endpoints, endpoint.id).now;
    endpoints.push_back(EndpointJson(view, shard, endpoint));
  }
  Json json = {{"name", shard.name},
               {"state", ToString(shard.state)},
               {"admin", ToString(shard.admin)},
               {"agent", ToString(shard.agent)},
               {"takes_new_rooms", shard.TakesNewRooms()},
               {"keeps_rooms", shard.KeepsRooms()},
               {"region", shard.region},
               {"release", shard.release},
               {"weight", shard.weight},
               {"found_weight", shard.found_weight},
               {"priority", shard.priority},
               {"rooms", rooms},
               {"tunnels", sessions},
               {"requests_total", requests},
               {"requests_per_second", rate},
               {"endpoints", std::move(endpoints)}};
  if (shard.admin != AdminState::kReady) json["drain"] = ProgressJson(ProgressOf(view, position));
  if (shard.since != TimePoint{}) json["in_state_seconds"] = SecondsBetween(shard.since, view.now);
  return json;
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

void ReadCount(std::string_view text, size_t& out) {
  size_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) out = value;
}

struct FoundRoom {
  std::string name;
  EntryView entry;
};

std::vector<FoundRoom> FindRooms(const AdminView& view, const StickTable& table,
                                 const RoomsQuery& query) {
  const std::string search = ToLower(query.search);
  const Shard* shard = query.shard.empty() ? nullptr : view.shards->FindByName(query.shard);
  std::vector<FoundRoom> found;
  if (!query.shard.empty() && shard == nullptr) return found;
  table.ForEach(view.now, [&](const EntryView& entry) {
    if (shard != nullptr && entry.shard != shard->id) return;
    std::string name = ShownRoom(entry.display, entry.key, view.config->admin.dashboard.room_names);
    if (!search.empty() && ToLower(name).find(search) == std::string::npos) return;
    found.push_back({.name = std::move(name), .entry = entry});
  });
  std::sort(found.begin(), found.end(), [](const FoundRoom& a, const FoundRoom& b) {
    if (a.entry.sessions != b.entry.sessions) return a.entry.sessions > b.entry.sessions;
    return a.name != b.name ? a.name < b.name : a.entry.key.low < b.entry.key.low;
  });
  return found;
}

Json RoomJson(const FoundRoom& room, const AdminView& view) {
  const Shard* shard = view.shards->FindById(room.entry.shard);
  Json json = {{"name", room.name},
               {"kind", NamespaceName(room.entry.key_namespace)},
               {"sessions", room.entry.sessions},
               {"epoch", room.entry.epoch},
               {"age_seconds", SecondsBetween(room.entry.created, view.now)},
               {"expires_seconds", SecondsBetween(view.now, room.entry.expires)}};
  json["shard"] = shard == nullptr ? Json() : Json(shard->name);
  return json;
}

}  // namespace

std::string_view NamespaceName(KeyNamespace key_namespace) {
  switch (key_namespace) {
    case KeyNamespace::kWhiteboard:
      return "whiteboard";
    case KeyNamespace::kEtherpad:
      return "etherpad";
    case KeyNamespace::kRoom:
      break;
  }
  return "room";
}

std::string DecodeParameter(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return DecodePath(spaced);
}

std::optional<std::string> FindParameter(std::string_view query, std::string_view name) {
  QueryParameter parameter(query, name);
  std::string_view value;
  if (!parameter.Next(value)) return std::nullopt;
  return DecodeParameter(value);
}

std::string StatusJson(const AdminView& view) {
  uint64_t connections = 0, requests = 0, refused = 0, tunnels = 0, errors = 0, rate = 0;
  for (const ListenerStats& listener : view.stats.listeners) {
    connections += listener.connections;
    requests += listener.requests;
    refused += listener.requests_refused;
  }
  for (const EndpointStats& endpoint : view.stats.endpoints) {
    tunnels += endpoint.tunnels;
    errors += endpoint.responses.by_class[4];
  }
  for (const Rate& each : view.rates.requests) rate += each.now;
  Json versions = Json::object();
  for (const auto& [name, value] : view.versions) versions[name] = value;
  return Dump(
      {{"replica", view.config->node.name},
       {"region", view.config->node.region},
       {"versions", versions},
       {"uptime_seconds", view.uptime.count()},
       {"ready", view.readiness.ready},
       {"reason", view.readiness.reason},
       {"workers", view.workers},
       {"workers_alive", view.workers_alive},
       {"connections", connections},
       {"connection_limit", view.connection_limit},
       {"tunnels", tunnels},
       {"rooms", view.rooms_total},
       {"table_entries", view.table.entries},
       {"table_size", view.table_size},
       {"requests_total", requests},
       {"requests_per_second", rate},
       {"requests_refused_total", refused},
       {"responses_5xx_total", errors},
       {"rooms_moved_total", view.table.moves},
       {"split_rooms_total", view.replication.split_rooms},
       {"healed_rooms_total", view.replication.healed_rooms},
       {"synced", view.replication.synced},
       {"shards", view.shards->shards.size()},
       {"shards_taking_rooms", std::ranges::count_if(view.shards->shards, &Shard::TakesNewRooms)},
       {"shards_answered", view.shards->answered},
       {"shards_generation", view.shards->generation},
       {"dashboard_actions", view.config->admin.dashboard.actions},
       {"config",
        {{"generation", view.reload.generation},
         {"last_reload_succeeded", view.reload.last_succeeded},
         {"last_result", view.reload.last_result},
         {"mistakes", view.reload.mistakes}}}});
}

ShardsQuery ParseShardsQuery(std::string_view query) {
  ShardsQuery parsed;
  parsed.search = ToLower(FindParameter(query, "search").value_or(""));
  parsed.only_closed = FindParameter(query, "takes_new_rooms") == "false";
  ReadCount(FindParameter(query, "limit").value_or(""), parsed.limit);
  ReadCount(FindParameter(query, "offset").value_or(""), parsed.offset);
  return parsed;
}

std::string ShardsJson(const AdminView& view, const ShardsQuery& query) {
  Json shards = Json::array();
  size_t total = 0;
  for (size_t i = 0; i < view.shards->shards.size(); ++i) {
    const Shard& shard = view.shards->shards[i];
    if (query.only_closed && shard.TakesNewRooms()) continue;
    if (ToLower(shard.name).find(query.search) == std::string::npos) continue;
    if (total++ < query.offset || shards.size() >= query.limit) continue;
    shards.push_back(ShardJson(view, i));
  }
  return Dump(
      {{"generation", view.shards->generation}, {"total", total}, {"shards", std::move(shards)}});
}

std::string ShardJson(const AdminView& view, std::string_view name, const Journal* journal) {
  const Shard* shard = view.shards->FindByName(name);
  if (shard == nullptr) return {};
  Json json = ShardJson(view, static_cast<size_t>(shard - view.shards->shards.data()));
  for (Json& endpoint : json["endpoints"]) {
    endpoint["history"] = HistoryJson(view, journal, name, endpoint["name"].get<std::string>());
  }
  json["history"] = HistoryJson(view, journal, name);
  return Dump(json);
}

std::string ErrorJson(std::string_view message) { return Dump({{"error", message}}); }

RoomsQuery ParseRoomsQuery(std::string_view query) {
  RoomsQuery parsed;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = pair.substr(0, equals);
    const std::string value = DecodeParameter(pair.substr(equals + 1));
    if (name == "search") parsed.search = value;
    if (name == "shard") parsed.shard = value;
    if (name == "limit") ReadCount(value, parsed.limit);
    if (name == "offset") ReadCount(value, parsed.offset);
  }
  parsed.limit = std::min(parsed.limit, RoomsQuery::kMaxLimit);
  return parsed;
}

std::string RoomsJson(const AdminView& view, const StickTable& table, const RoomsQuery& query) {
  const std::vector<FoundRoom> found = FindRooms(view, table, query);
  Json rooms = Json::array();
  for (size_t i = query.offset; i < found.size() && rooms.size() < query.limit; ++i) {
    rooms.push_back(RoomJson(found[i], view));
  }
  return Dump({{"total", found.size()},
               {"names", ToString(view.config->admin.dashboard.room_names)},
               {"rooms", std::move(rooms)}});
}

}  // namespace room_router::admin
