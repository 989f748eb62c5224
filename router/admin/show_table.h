// SPDX-License-Identifier: Apache-2.0
// `show table`: the rooms in HAProxy's stick-table format, one line per entry, sorted by key.
//
//   # table: jitsi-meet, type: string, size:200000, used:1
//   0x8f3a51c0d2e4: key=standup use=12 exp=299000 server_id=1 server_key=shard-0 rooms=1 …
//
// What HAProxy doesn't know comes after its fields. server_id is that of the shard's first server
// in `show stat`. Keys are escaped as HAProxy does; cli_line.h reads them back. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/clock.h"
#include "discovery/shard_set.h"
#include "sticky/stick_table.h"

namespace room_router::admin {

struct TableFilter {  // on data.server_id
  enum class Operator : uint8_t { kEq, kNe, kLe, kGe, kLt, kGt } op = Operator::kEq;
  int64_t value = 0;
};

struct TableQuery {
  bool dump = false;               // entries, not only the table's own line
  std::optional<std::string> key;  // as shown, or as a person types the room
  std::vector<TableFilter> filters;
};

// The words after `show table NAME`: [data.<type> <op> <value>]… | key <key>. Else HAProxy's text.
std::variant<TableQuery, std::string> ParseTableQuery(const std::vector<std::string>& words);

struct TableContext {
  std::string_view name;     // of the table
  std::string_view replica;  // that holds the entries
  const StickTable& table;
  const ShardSet& shards;
  std::optional<RoomKey> key;  // of query.key read as a room's name
  TimePoint now;
};

std::string TableHeader(std::string_view name, size_t size, size_t used);
std::string TableLine(const EntryView& entry, const TableContext& context);
// Calls `visit` for the entries that pass, in no order.
void VisitEntries(const TableQuery& query, const TableContext& context,
                  const std::function<void(const EntryView&)>& visit);

// As HAProxy's dump_text: "\ ", "\=", "\\", "\t", "\n", "\r", "\e", "\xHH".
std::string EscapeKey(std::string_view key);

}  // namespace room_router::admin
