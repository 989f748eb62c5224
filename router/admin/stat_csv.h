// SPDX-License-Identifier: Apache-2.0
// `show stat`, `/stats;csv` and `/stats;json`: rows as HAProxy's CSV (header and every row ending
// with a comma), as its typed lines, or as its JSON. Empty columns are left out of the latter two.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "router/admin/stat_row.h"

namespace room_router::admin {

// `show stat {<iid>|<proxy>|-1} <types> <sid>` and the words `up`, `no-maint`.
struct StatFilter {
  std::string proxy;   // by name, when not empty,
  int proxy_id = -1;   // else by id; -1 = all
  int types = -1;      // 1 = FRONTEND, 2 = BACKEND, 4 = server; -1 = all
  int server_id = -1;  // -1 = all
  bool only_up = false, no_maintenance = false;
};

// The header line, then the rows that pass.
std::string StatCsv(const std::vector<StatRow>& rows, const StatFilter& filter);
// A line per column: "F.2.0.4.scur.1:MGP:u32:0", then :"description" if it is to be described.
std::string StatTyped(const std::vector<StatRow>& rows, const StatFilter& filter, bool described);
// An array per row.
std::string StatJson(const std::vector<StatRow>& rows, const StatFilter& filter);

}  // namespace room_router::admin
