// SPDX-License-Identifier: Apache-2.0
#include "router/admin/stat_commands.h"

#include <array>
#include <charconv>
#include <optional>

#include "router/admin/resolver_commands.h"
#include "router/admin/show_info.h"
#include "router/admin/show_schema.h"
#include "router/admin/stat_csv.h"
#include "router/admin/stat_rows.h"

namespace room_router::admin {
namespace {

std::optional<int> ReadInt(std::string_view word) {
  int value = 0;
  const char* end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, value);
  if (word.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

// show info [typed|json] [desc] [float]
CliReply ShowInfoCommand(const CliWords& words, const CliContext& context) {
  InfoFormat format;
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "typed") format.kind = InfoFormat::kTyped;
    if (words[i] == "json") format.kind = InfoFormat::kJson;
    format.described |= words[i] == "desc";
    format.floats |= words[i] == "float";
  }
  return {.text = ShowInfo(*context.view, format)};
}

// show stat [{<iid>|<proxy>|-1} <types> <sid>] [typed|json] [desc] [up] [no-maint]
CliReply ShowStat(const CliWords& words, const CliContext& context) {
  StatFilter filter;
  size_t i = 2;
  if (words.size() >= 5 && ReadInt(words[3]) && ReadInt(words[4])) {
    const auto id = ReadInt(words[2]);
    if (id) filter.proxy_id = *id;
    if (!id) filter.proxy = words[2];
    filter.types = *ReadInt(words[3]);
    filter.server_id = *ReadInt(words[4]);
    i = 5;
  }
  bool typed = false, json = false, described = false;
  for (; i < words.size(); ++i) {
    if (words[i] == "domain") {
      const std::string_view domain = WordAt(words, i + 1);
      if (domain == "resolvers") return {.text = ResolverCsv(*context.view)};
      if (domain != "proxy") return Error("Invalid statistics domain.\n");
    }
    filter.only_up |= words[i] == "up";
    filter.no_maintenance |= words[i] == "no-maint";
    typed |= words[i] == "typed";
    json |= words[i] == "json";
    described |= words[i] == "desc";
  }
  const std::vector<StatRow> rows = StatRows(*context.view);
  if (json) return {.text = StatJson(rows, filter)};
  if (typed) return {.text = StatTyped(rows, filter, described)};
  return {.text = StatCsv(rows, filter)};
}

CliReply ShowSchemaCommand(const CliWords& words, const CliContext&) {
  if (WordAt(words, 2) != "json") return Error("'show schema' only supports 'json'.\n");
  return {.text = ShowSchema()};
}

// clear counters [all]
CliReply ClearCounters(const CliWords& words, const CliContext& context) {
  const bool all = WordAt(words, 2) == "all";
  if (all && context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  context.clear_counters(all);
  return {};
}

constexpr std::array<CliCommand, 4> kCommands = {{
    {.words = "clear counters",
     .usage = "clear counters [all]",
     .help = "clear max statistics counters (or all counters)",
     .run = ClearCounters,
     .needs_view = true,
     .least = config::AdminLevel::kOperator},
    {.words = "show info",
     .usage = "show info [desc|json|typed|float]*",
     .help = "report information about the running process",
     .run = ShowInfoCommand,
     .needs_view = true},
    {.words = "show schema",
     .usage = "show schema json",
     .help = "report schema used for stats",
     .run = ShowSchemaCommand},
    {.words = "show stat",
     .usage = "show stat [desc|json|no-maint|typed|up]*",
     .help = "report counters for each proxy and server",
     .run = ShowStat,
     .needs_view = true},
}};

}  // namespace

CliCommands StatCommands() { return kCommands; }

}  // namespace room_router::admin
