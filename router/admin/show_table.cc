// SPDX-License-Identifier: Apache-2.0
#include "router/admin/show_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace room_router::admin {
namespace {

using Operator = TableFilter::Operator;

constexpr size_t kMaxFilters = 4;
constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators = {
    {{"eq", Operator::kEq},
     {"ne", Operator::kNe},
     {"le", Operator::kLe},
     {"ge", Operator::kGe},
     {"lt", Operator::kLt},
     {"gt", Operator::kGt}}};

// Known to HAProxy, stored by no table of ours.
bool IsForeignDataType(std::string_view type) {
  constexpr std::array<std::string_view, 25> kForeign = {"gpt",
                                                         "gpt0",
                                                         "gpc",
                                                         "gpc_rate",
                                                         "gpc0",
                                                         "gpc0_rate",
                                                         "gpc1",
                                                         "gpc1_rate",
                                                         "conn_cnt",
                                                         "conn_cur",
                                                         "conn_rate",
                                                         "sess_cnt",
                                                         "sess_rate",
                                                         "http_req_cnt",
                                                         "http_req_rate",
                                                         "http_err_cnt",
                                                         "http_err_rate",
                                                         "http_fail_cnt",
                                                         "http_fail_rate",
                                                         "bytes_in_cnt",
                                                         "bytes_in_rate",
                                                         "bytes_out_cnt",
                                                         "bytes_out_rate",
                                                         "glitch_cnt",
                                                         "glitch_rate"};
  return std::find(kForeign.begin(), kForeign.end(), type) != kForeign.end();
}

// Fills `filter` from "data.server_id", "eq", "1"; else the complaint.
std::string ParseFilter(std::string_view type, std::string_view op, std::string_view value,
                        TableFilter& filter) {
  type.remove_prefix(std::string_view("data.").size());
  if (IsForeignDataType(type)) return "Data type not stored in this table";
  if (type != "server_id" && type != "server_key") return "Unknown data type";
  const auto known = std::find_if(kOperators.begin(), kOperators.end(),
                                  [op](const auto& entry) { return entry.first == op; });
  if (known == kOperators.end()) {
    return R"(Require and operator among "eq", "ne", "le", "ge", "lt", "gt")";
  }
  filter.op = known->second;
  const char* end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, filter.value);
  if (type == "server_key" || value.empty() || read.ec != std::errc() || read.ptr != end) {
    return "Require a valid integer value to compare against";
  }
  return {};
}

bool Passes(int64_t server_id, const TableFilter& filter) {
  switch (filter.op) {
    case Operator::kEq:
      return server_id == filter.value;
    case Operator::kNe:
      return server_id != filter.value;
    case Operator::kLe:
      return server_id <= filter.value;
    case Operator::kGe:
      return server_id >= filter.value;
    case Operator::kLt:
      return server_id < filter.value;
    case Operator::kGt:
      return server_id > filter.value;
  }
  return false;
}

int64_t ServerId(const ShardSet& shards, ShardId id) {
  const Shard* shard = shards.FindById(id);
  if (shard == nullptr || shard->endpoints.empty()) return 0;
  const auto first = std::min_element(shard->endpoints.begin(), shard->endpoints.end(),
                                      [](const auto& a, const auto& b) { return a.id < b.id; });
  return int64_t{first->id} + 1;
}

std::string_view NamespaceField(KeyNamespace key_namespace) {
  switch (key_namespace) {
    case KeyNamespace::kWhiteboard:
      return " ns=whiteboard";
    case KeyNamespace::kEtherpad:
      return " ns=etherpad";
    case KeyNamespace::kRoom:
      break;
  }
  return "";
}

bool Wanted(const EntryView& entry, const TableQuery& query, const TableContext& context) {
  if (query.key && entry.display != *query.key && context.key != entry.key) return false;
  const int64_t server_id = ServerId(context.shards, entry.shard);
  return std::all_of(query.filters.begin(), query.filters.end(),
                     [&](const TableFilter& filter) { return Passes(server_id, filter); });
}

}  // namespace

std::variant<TableQuery, std::string> ParseTableQuery(const std::vector<std::string>& words) {
  TableQuery query{.dump = true, .key = {}, .filters = {}};
  if (words.empty()) return query;
  if (words[0] == "key") {
    if (words.size() < 2) return "Key value expected\n";
    query.key = words[1];
    return query;
  }
  for (size_t i = 0; i < words.size() && i / 3 < kMaxFilters; i += 3) {
    if (!words[i].starts_with("data.")) {
      return "Optional argument only supports \"data.<store_data_type>\" <operator> <value> and "
             "key <key>\n";
    }
    const std::string_view op = i + 1 < words.size() ? words[i + 1] : std::string_view();
    const std::string_view value = i + 2 < words.size() ? words[i + 2] : std::string_view();
    TableFilter filter;
    const std::string complaint = ParseFilter(words[i], op, value, filter);
    if (!complaint.empty()) return fmt::format("Filter entry #{}: {}\n", i / 3 + 1, complaint);
    query.filters.push_back(filter);
  }
  return query;
}

std::string TableHeader(std::string_view name, size_t size, size_t used) {
  return fmt::format("# table: {}, type: string, size:{}, used:{}\n", name, size, used);
}

std::string TableLine(const EntryView& entry, const TableContext& context) {
  const Shard* shard = context.shards.FindById(entry.shard);
  const auto left = std::chrono::duration_cast<Duration>(entry.expires - context.now);
  return fmt::format(
      "{:#014x}: key={} use={} exp={} server_id={} server_key={} rooms={} sessions={} epoch={} "
      "holder={}{}{}\n",
      entry.key.low & 0xffffffffffff, EscapeKey(entry.display), entry.sessions,
      std::max<int64_t>(0, left.count()), ServerId(context.shards, entry.shard),
      shard == nullptr ? "-" : shard->name, entry.key_namespace == KeyNamespace::kRoom ? 1 : 0,
      entry.sessions, entry.epoch, context.replica.empty() ? "-" : context.replica,
      NamespaceField(entry.key_namespace), entry.split ? " split=1" : "");
}

void VisitEntries(const TableQuery& query, const TableContext& context,
                  const std::function<void(const EntryView&)>& visit) {
  context.table.ForEach(context.now, [&](const EntryView& entry) {
    if (Wanted(entry, query, context)) visit(entry);
  });
}

std::string EscapeKey(std::string_view key) {
  constexpr std::string_view kNamed = "\t\n\r\x1b", kLetters = "tnre";
  std::string out;
  for (const char c : key) {
    const size_t named = kNamed.find(c);
    if (c == ' ' || c == '=' || c == '\\') {
      out += '\\';
      out += c;
    } else if (named != std::string_view::npos) {
      out += '\\';
      out += kLetters[named];
    } else if (c < 0x20 || c > 0x7e) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace room_router::admin
