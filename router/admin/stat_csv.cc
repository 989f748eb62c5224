// SPDX-License-Identifier: Apache-2.0
#include "router/admin/stat_csv.h"

#include <fmt/format.h>

#include <iterator>

#include "router/admin/stat_fields.h"

namespace room_router::admin {
namespace {

// A field with a comma or a quote is quoted, as RFC 4180 does.
void AppendField(std::string& out, std::string_view field) {
  if (field.find_first_of(",\"\n") == std::string_view::npos) {
    out.append(field).append(",");
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c == '\n' ? ' ' : c;
  }
  out += "\",";
}

bool Passes(const StatRow& row, const StatFilter& filter) {
  constexpr int kBit[] = {1, 2, 4};
  if (!filter.proxy.empty() && row.proxy != filter.proxy) return false;
  if (filter.proxy.empty() && filter.proxy_id > 0 && row.proxy_id != filter.proxy_id) return false;
  if (filter.types != -1 && (filter.types & kBit[row.type]) == 0) return false;
  if (filter.server_id != -1 && row.server_id != filter.server_id) return false;
  const std::string& status = row.status();
  if (filter.only_up && row.type == kServer && !status.starts_with("UP")) return false;
  return !(filter.no_maintenance && row.type == kServer && status.starts_with("MAINT"));
}

template <class Visit>
void ForEachField(const StatRow& row, Visit visit) {
  for (size_t column = 0; column < kStatColumns; ++column) {
    const auto position = StatPosition(column);
    if (!position || row.columns[column].empty()) continue;
    visit(*position, StatField(column, row.type), row.columns[column]);
  }
}

}  // namespace

std::string StatCsv(const std::vector<StatRow>& rows, const StatFilter& filter) {
  std::string out = "# ";
  out.append(kStatHeader).append("\n");
  for (const StatRow& row : rows) {
    if (!Passes(row, filter)) continue;
    for (const std::string& column : row.columns) AppendField(out, column);
    out += '\n';
  }
  return out;
}

std::string StatTyped(const std::vector<StatRow>& rows, const StatFilter& filter, bool described) {
  constexpr std::string_view kLetters = "FBS";
  std::string out;
  for (const StatRow& row : rows) {
    if (!Passes(row, filter)) continue;
    const std::string before = fmt::format("{}.{}.{}.", kLetters.at(static_cast<size_t>(row.type)),
                                           row.proxy_id, row.server_id);
    ForEachField(row, [&](size_t position, const Field& field, const std::string& value) {
      AppendTyped(out, before, position, field, value);
      if (described) fmt::format_to(std::back_inserter(out), ":\"{}\"", field.description);
      out += '\n';
    });
  }
  return out;
}

std::string StatJson(const std::vector<StatRow>& rows, const StatFilter& filter) {
  constexpr std::string_view kWords[] = {"Frontend", "Backend", "Server"};
  std::string out = "[";
  for (const StatRow& row : rows) {
    if (!Passes(row, filter)) continue;
    out += out.size() > 1 ? ",[" : "[";
    const std::string before = fmt::format(R"("objType":"{}","proxyId":{},"id":{},)",
                                           kWords[row.type], row.proxy_id, row.server_id);
    ForEachField(row, [&](size_t position, const Field& field, const std::string& value) {
      if (out.back() != '[') out += ',';
      AppendJson(out, before, position, field, value);
    });
    out += ']';
  }
  return out + "]\n";
}

}  // namespace room_router::admin
