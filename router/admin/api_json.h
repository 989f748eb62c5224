// SPDX-License-Identifier: Apache-2.0
// /api/v1: what the dashboard and scripts read, as JSON. Pure apart from reading the stick table.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "router/admin/admin_view.h"

namespace room_router::admin {

std::string StatusJson(const AdminView& view);
std::string ShardsJson(const AdminView& view);
std::string ShardJson(const AdminView& view, std::string_view name);  // empty: no such shard
std::string ErrorJson(std::string_view message);

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
