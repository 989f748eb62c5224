// SPDX-License-Identifier: Apache-2.0
#include "router/admin/resolver_commands.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

namespace room_router::admin {
namespace {

constexpr std::string_view kSection = "default";

using Line = std::pair<std::string_view, uint64_t>;

std::array<Line, 15> Counters(const LookupCounts& counts) {
  return {{{"sent", counts.sent},
           {"snd_error", counts.not_asked},
           {"valid", counts.found},
           {"update", 0},
           {"cname", 0},
           {"cname_error", 0},
           {"any_err", 0},
           {"nx", counts.absent},
           {"timeout", counts.timeouts},
           {"refused", counts.refused},
           {"other", counts.other},
           {"invalid", counts.malformed},
           {"too_big", 0},
           {"truncated", 0},
           {"outdated", 0}}};
}

std::string Servers(const AdminView& view, std::string_view separator) {
  std::string names;
  for (const SocketAddress& server : view.config->shards.discovery.resolvers) {
    if (!names.empty()) names += separator;
    names += server.ToString();
  }
  return names.empty() ? "resolv.conf" : names;
}

CliReply ShowResolvers(const CliWords& words, const CliContext& context) {
  const std::string_view wanted = WordAt(words, 2);
  if (!wanted.empty() && wanted != kSection) return Error("Can't find that resolvers section\n");
  std::string text =
      fmt::format("Resolvers section {}\n nameserver {}:\n", kSection, Servers(*context.view, ","));
  for (const auto& [name, count] : Counters(context.view->lookups)) {
    fmt::format_to(std::back_inserter(text), "  {:<12} {}\n", fmt::format("{}:", name), count);
  }
  return {.text = std::move(text)};
}

constexpr std::array<CliCommand, 1> kCommands = {{
    {.words = "show resolvers",
     .usage = "show resolvers [id]",
     .help = "dumps counters from all resolvers section and associated name servers",
     .run = ShowResolvers,
     .needs_view = true},
}};

}  // namespace

CliCommands ResolverCommands() { return kCommands; }

std::string ResolverCsv(const AdminView& view) {
  std::string header = "# id,pid,", row = fmt::format("{},{},", Servers(view, " "), kSection);
  for (const auto& [name, count] : Counters(view.lookups)) {
    fmt::format_to(std::back_inserter(header), "{},", name == "snd_error" ? "send_error" : name);
    fmt::format_to(std::back_inserter(row), "{},", count);
  }
  return header + "\n" + row + "\n";
}

}  // namespace room_router::admin
