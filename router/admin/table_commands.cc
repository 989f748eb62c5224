// SPDX-License-Identifier: Apache-2.0
#include "router/admin/table_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "router/admin/show_table.h"
#include "sticky/room_rules.h"

namespace room_router::admin {
namespace {

// Calls `visit` for every entry that passes the query.
void ForEachWanted(const TableQuery& query, const CliContext& context,
                   const std::function<void(const EntryView&, const TableContext&)>& visit) {
  const auto config = context.sources.config();
  const ShardSetPtr shards = context.sources.shards();
  std::optional<RoomKey> key;
  if (query.key && context.sources.key_of_name) key = context.sources.key_of_name(*query.key);
  const TableContext table{.name = config->stick_table.name,
                           .replica = config->node.name,
                           .table = *context.sources.table,
                           .shards = *shards,
                           .key = key,
                           .now = context.now};
  VisitEntries(query, table, [&](const EntryView& entry) { visit(entry, table); });
}

// Enough of them to be moved or forgotten.
std::vector<EntryView> EntriesOf(RoomKey key, const CliContext& context) {
  std::vector<EntryView> entries;
  const StickTable& table = *context.sources.table;
  for (const auto ns : {KeyNamespace::kRoom, KeyNamespace::kWhiteboard, KeyNamespace::kEtherpad}) {
    const auto hit = table.Find(ns, key, context.now);
    if (!hit) continue;
    const auto record = table.Record(ns, key, context.now);
    entries.push_back({.key_namespace = ns,
                       .key = key,
                       .display = record ? record->display : std::string(),
                       .shard = hit->shard});
  }
  return entries;
}

// What the table shows for a name like this is read as the same name again.
bool IsPlainName(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != '%'; });
}

// One key is looked up: thousands of lines come down one connection. Only a name that may read as
// another one than the table shows is searched for.
std::vector<EntryView> Wanted(const TableQuery& query, const CliContext& context) {
  std::vector<EntryView> entries;
  if (query.key) {
    entries = EntriesOf(context.sources.key_of_name(*query.key), context);
    if (!entries.empty() || IsPlainName(*query.key)) return entries;
  }
  ForEachWanted(query, context, [&](const auto& entry, const auto&) { entries.push_back(entry); });
  return entries;
}

// What is wrong with `set|clear table <table> …` before its arguments; empty = nothing.
std::optional<CliReply> Complaint(const CliWords& words, const CliContext& context,
                                  std::string_view usage) {
  if (context.level == config::AdminLevel::kUser) return Error("Permission denied\n");
  if (words.size() < 3) return Error(fmt::format("Required arguments: {}\n", usage));
  if (words[2] != context.sources.config()->stick_table.name) return Error("No such table\n");
  if (!context.sources.move_rooms) return Error("Permission denied\n");
  return std::nullopt;
}

const Shard* ShardOfServer(const ShardSet& shards, std::string_view value) {
  uint32_t id = 0;
  const char* end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, id);
  if (read.ec != std::errc() || read.ptr != end || id == 0) return nullptr;
  const auto found = std::ranges::find_if(shards.shards, [id](const Shard& shard) {
    return std::ranges::any_of(shard.endpoints, [id](auto& each) { return each.id == id - 1; });
  });
  return found == shards.shards.end() ? nullptr : &*found;
}

// The shard that "data.server_id 2" or "data.server_key shard-1" means, or the complaint.
std::variant<ShardId, CliReply> ReadShard(const CliWords& words, const ShardSet& shards) {
  ShardId chosen = kNoShard;
  for (size_t i = 5; i < words.size(); i += 2) {
    const bool by_id = words[i] == "data.server_id", by_key = words[i] == "data.server_key";
    if (!by_id && !by_key) {
      return Error("Only data.server_id and data.server_key are kept in this table\n");
    }
    const std::string value = i + 1 < words.size() ? words[i + 1] : "";
    const Shard* shard = by_id ? ShardOfServer(shards, value) : shards.FindByName(value);
    if (shard == nullptr) return Error("No such server; show stat lists them\n");
    if (chosen != kNoShard && chosen != shard->id) {
      return Error("The values name different shards\n");
    }
    chosen = shard->id;
  }
  if (chosen == kNoShard) return Error("Write where the room goes: data.server_key <shard>\n");
  return chosen;
}

}  // namespace

CliReply ShowTable(const CliWords& words, const CliContext& context) {
  const auto config = context.sources.config();
  const StickTable& table = *context.sources.table;
  const std::string& name = config->stick_table.name;
  const std::string header = TableHeader(name, table.size(), table.stats().entries);
  if (words.size() < 3) return {.text = header};
  if (words[2] != name) return Error("No such table\n");
  const auto parsed = ParseTableQuery({words.begin() + 3, words.end()});
  if (const auto* complaint = std::get_if<std::string>(&parsed)) return Error(*complaint);
  if (context.level == config::AdminLevel::kUser) {
    return {.text = header + "# contents not dumped due to insufficient privileges\n"};
  }
  const auto& query = std::get<TableQuery>(parsed);
  std::vector<std::pair<std::string, std::string>> lines;  // display → line
  ForEachWanted(query, context, [&](const EntryView& entry, const TableContext& table_context) {
    lines.emplace_back(entry.display, TableLine(entry, table_context));
  });
  if (query.key && lines.empty()) return {};
  std::sort(lines.begin(), lines.end());
  std::string text = header;
  for (const auto& [display, line] : lines) text += line;
  return {.text = std::move(text)};
}

CliReply SetTable(const CliWords& words, const CliContext& context) {
  constexpr std::string_view kUsage = "<table> key <key> data.server_id|data.server_key <value>";
  if (auto complaint = Complaint(words, context, kUsage)) return *std::move(complaint);
  if (words.size() < 4 || words[3] != "key")
    return Error(fmt::format("Required arguments: {}\n", kUsage));
  if (words.size() < 5) return Error("Key value expected\n");
  const ShardSetPtr shards = context.sources.shards();
  const auto shard = ReadShard(words, *shards);
  if (const auto* complaint = std::get_if<CliReply>(&shard)) return *complaint;
  auto entries = Wanted({.dump = true, .key = words[4], .filters = {}}, context);
  if (entries.empty()) {
    const auto room = Canonical(RuleScope::kRoom, words[4]);
    if (!room) return Error("The key names no room; write for example [tenant]room\n");
    entries.push_back({.key = context.sources.key_of_name(words[4]), .display = room->name});
  }
  context.sources.move_rooms(entries, std::get<ShardId>(shard));
  return {};
}

CliReply ClearTable(const CliWords& words, const CliContext& context) {
  constexpr std::string_view kUsage =
      "<table> \"data.<store_data_type>\" <operator> <value> or <table> key <key>";
  if (auto complaint = Complaint(words, context, kUsage)) return *std::move(complaint);
  const auto parsed = ParseTableQuery({words.begin() + 3, words.end()});
  if (const auto* complaint = std::get_if<std::string>(&parsed)) return Error(*complaint);
  const auto entries = Wanted(std::get<TableQuery>(parsed), context);
  if (!entries.empty()) context.sources.move_rooms(entries, kNoShard);
  return {};
}

}  // namespace room_router::admin
