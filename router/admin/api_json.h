// SPDX-License-Identifier: Apache-2.0
// /api/v1: the status, the shards and the list of rooms as JSON, and how queries are read. Other
// parts of it are in files of their own (api_routes.h has them all). Pure apart from reading the
// stick table.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "router/admin/admin_view.h"

namespace room_router::admin {

std::string StatusJson(const AdminView& view);

struct ShardsQuery {
  std::string search;        // in the name
  bool only_closed = false;  // only those that take no new rooms
  size_t limit = std::numeric_limits<size_t>::max(), offset = 0;
};
// From "search=…&takes_new_rooms=false&limit=…&offset=…", as ParseRoomsQuery.
ShardsQuery ParseShardsQuery(std::string_view query);
std::string ShardsJson(const AdminView& view, const ShardsQuery& query);

// With its history and its endpoints'; empty: no such shard. `journal` may be null.
std::string ShardJson(const AdminView& view, std::string_view name, const Journal* journal);
std::string ErrorJson(std::string_view message);

std::string_view NamespaceName(KeyNamespace key_namespace);  // "room", "whiteboard", "etherpad"

// Of a query such as "wait=300s&value=50%25": the value, decoded. nullopt: there is none.
std::optional<std::string> FindParameter(std::string_view query, std::string_view name);
std::string DecodeParameter(std::string_view text);

struct RoomsQuery {
  static constexpr size_t kDefaultLimit = 200, kMaxLimit = 1000;
  std::string search;  // in the name as it is shown: plain, or its hash
  std::string shard;   // by name; empty = all
  size_t limit = kDefaultLimit, offset = 0;
};
// From "search=…&shard=…&limit=…&offset=…"; what can't be read keeps its default.
RoomsQuery ParseRoomsQuery(std::string_view query);

// Busiest first (live sessions, then name). Names as admin.dashboard.room_names says.
std::string RoomsJson(const AdminView& view, const StickTable& table, const RoomsQuery& query);

}  // namespace room_router::admin
