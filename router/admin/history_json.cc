// SPDX-License-Identifier: Apache-2.0
#include "router/admin/history_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "router/admin/api_json.h"
#include "router/admin/api_text.h"

namespace room_router::admin {
namespace {

constexpr uint64_t kUsualLimit = 100, kMostAtOnce = 1000;

uint64_t ReadNumber(std::string_view query, std::string_view name, uint64_t usual) {
  const std::string text = FindParameter(query, name).value_or("");
  uint64_t value = usual;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view LevelName(config::LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames.at(static_cast<size_t>(level));
}

Json EventJson(const Journal::Entry& entry, const AdminView& view) {
  Json json = {{"id", entry.id},
               {"time", TimeText(view, entry.time)},
               {"kind", entry.kind},
               {"level", LevelName(entry.level)},
               {"message", Sentence(entry)}};
  const std::pair<const char*, const std::string*> texts[] = {
      {"shard", &entry.shard},     {"endpoint", &entry.endpoint},
      {"replica", &entry.replica}, {"from", &entry.from},
      {"to", &entry.to},           {"reason", &entry.reason}};
  for (const auto& [name, text] : texts) {
    if (!text->empty()) json[name] = *text;
  }
  if (entry.count > 0) json["count"] = entry.count;
  const config::RoomNames names = view.config->admin.dashboard.room_names;
  if (entry.room && names != config::RoomNames::kAbsent) {
    json["room"] = ShownRoom(entry.room->name, entry.room->key, names);
  }
  return json;
}

}  // namespace

AdminPage ReadEvents(const ApiCall& call) {
  static const Journal kNothing;
  const AdminView& view = *call.view;
  const Journal& journal = call.sources.journal != nullptr ? *call.sources.journal : kNothing;
  const uint64_t after = ReadNumber(call.query, "after", 0);
  const uint64_t limit = std::min(ReadNumber(call.query, "limit", kUsualLimit), kMostAtOnce);
  const auto& entries = journal.newest_first();
  Json events = Json::array();
  for (const Journal::Entry& entry : entries) {
    if (entry.id <= after || events.size() >= limit) break;
    events.push_back(EventJson(entry, view));
  }
  const uint64_t newer = journal.latest() > after ? journal.latest() - after : 0;
  return JsonPage(200, Dump({{"replica", view.config->node.name},
                             {"started", TimeText(view.start_time)},
                             {"names", ToString(view.config->admin.dashboard.room_names)},
                             {"latest", journal.latest()},
                             {"oldest", entries.empty() ? 0 : entries.back().id},
                             {"missed", newer - events.size()},
                             {"events", events}}));
}

Json HistoryJson(const AdminView& view, const Journal* journal, std::string_view shard,
                 std::string_view endpoint) {
  Json history = Json::array();
  const Journal::Changes* changes =
      journal == nullptr ? nullptr : journal->ChangesOf(shard, endpoint);
  if (changes == nullptr) return history;
  for (const Journal::Change& change : *changes) {
    history.push_back({{"time", TimeText(view, change.time)},
                       {"what", change.what},
                       {"from", change.from},
                       {"to", change.to},
                       {"reason", change.reason}});
  }
  return history;
}

}  // namespace room_router::admin
