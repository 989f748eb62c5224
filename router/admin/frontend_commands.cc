// SPDX-License-Identifier: Apache-2.0
#include "router/admin/frontend_commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace room_router::admin {
namespace {

using config::AdminLevel;

// The listener a command names, or the complaint.
struct Named {
  size_t listener = 0;
  std::string complaint;
};

Named FindFrontend(std::string_view name, const CliContext& context) {
  if (name.empty()) return {.complaint = "A frontend name is expected.\n"};
  const auto config = context.sources.config();
  for (size_t i = 0; i < config->listeners.size(); ++i) {
    if (ListenerName(i) == name) return {.listener = i, .complaint = {}};
  }
  return {.complaint = "No such frontend.\n"};
}

void Close(std::string_view name, ListenerState state, const CliContext& context, CliDone done) {
  const Named found = FindFrontend(name, context);
  if (!found.complaint.empty()) return done(Error(found.complaint));
  const ListenerState now = context.sources.listeners.state(found.listener);
  if (now == ListenerState::kClosed) {
    return done(Error(state == ListenerState::kClosed
                          ? "Frontend was already shut down.\n"
                          : "Frontend was previously shut down, cannot disable.\n"));
  }
  if (now == state) return done(Error("All sockets are already disabled.\n"));
  context.sources.listeners.close(found.listener, state, [done] { done({}); });
}

void DisableFrontend(const CliWords& words, const CliContext& context, CliDone done) {
  Close(WordAt(words, 2), ListenerState::kPaused, context, std::move(done));
}

void ShutdownFrontend(const CliWords& words, const CliContext& context, CliDone done) {
  Close(WordAt(words, 2), ListenerState::kClosed, context, std::move(done));
}

CliReply EnableFrontend(const CliWords& words, const CliContext& context) {
  const Named found = FindFrontend(WordAt(words, 2), context);
  if (!found.complaint.empty()) return Error(found.complaint);
  const ListenerState now = context.sources.listeners.state(found.listener);
  if (now == ListenerState::kClosed) {
    return Error("Frontend was previously shut down, cannot enable.\n");
  }
  if (now == ListenerState::kOpen) return Error("All sockets are already enabled.\n");
  const std::string mistake = context.sources.listeners.open(found.listener);
  if (!mistake.empty()) return Error("Failed to resume frontend: " + mistake + ".\n");
  return {};
}

std::optional<int64_t> ReadNumber(std::string_view word) {
  int64_t number = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = !word.empty() && read.ec == std::errc() && read.ptr == word.end();
  return whole ? std::optional(number) : std::nullopt;
}

// set maxconn global <n>
CliReply SetGlobalLimit(const CliWords& words, const CliContext& context) {
  const auto limit = ReadNumber(WordAt(words, 3));
  if (!limit) return Error("Expects an integer value.\n");
  const uint64_t hard = context.sources.hard_connection_limit;
  if (*limit > 0 && static_cast<uint64_t>(*limit) > hard) return Error("Value out of range.\n");
  context.sources.set_connection_limit(*limit > 0 ? static_cast<uint64_t>(*limit) : hard);
  return {};
}

CliReply SetFrontendLimit(const CliWords& words, const CliContext& context) {
  const Named found = FindFrontend(WordAt(words, 3), context);
  if (!found.complaint.empty()) return Error(found.complaint);
  return Error("Frontends have no limits of their own; set maxconn global <value> is for all.\n");
}

CliReply SetServerLimit(const CliWords&, const CliContext&) {
  return Error("Servers have no limits; set weight <backend>/<shard> sends fewer rooms there.\n");
}

// set rate-limit <setting> global <value>
CliReply SetRateLimit(const CliWords& words, const CliContext&) {
  constexpr std::array<std::string_view, 4> kSettings = {"connections", "http-compression",
                                                         "sessions", "ssl-sessions"};
  if (std::ranges::find(kSettings, WordAt(words, 2)) == kSettings.end()) {
    return Error(
        "'set rate-limit' supports 'connections', 'sessions', 'ssl-sessions', and "
        "'http-compression'.\n");
  }
  if (WordAt(words, 3) != "global") {
    return Error("'set rate-limit " + words[2] + "' only supports 'global'.\n");
  }
  const auto value = ReadNumber(WordAt(words, 4));
  if (!value || *value < 0) return Error("Expects an integer value.\n");
  if (*value == 0) return {};  // unlimited, as it is
  return Error("Rates are not limited; set maxconn global <value> limits connections.\n");
}

constexpr std::array<CliCommand, 7> kCommands = {{
    {.words = "disable frontend",
     .usage = "disable frontend <frontend>",
     .help = "temporarily disable specific frontend",
     .least = AdminLevel::kAdmin,
     .start = DisableFrontend},
    {.words = "enable frontend",
     .usage = "enable frontend <frontend>",
     .help = "re-enable specific frontend",
     .run = EnableFrontend,
     .least = AdminLevel::kAdmin},
    {.words = "set maxconn frontend",
     .usage = "set maxconn frontend <fe> <value>",
     .run = SetFrontendLimit,
     .least = AdminLevel::kAdmin,
     .hidden = true},
    {.words = "set maxconn global",
     .usage = "set maxconn global <value>",
     .help = "change the per-process maxconn setting",
     .run = SetGlobalLimit,
     .least = AdminLevel::kAdmin},
    {.words = "set maxconn server",
     .usage = "set maxconn server <bk>/<srv>",
     .run = SetServerLimit,
     .least = AdminLevel::kAdmin,
     .hidden = true},
    {.words = "set rate-limit",
     .usage = "set rate-limit <setting> <value>",
     .run = SetRateLimit,
     .least = AdminLevel::kAdmin,
     .hidden = true},
    {.words = "shutdown frontend",
     .usage = "shutdown frontend <frontend>",
     .help = "stop a specific frontend",
     .least = AdminLevel::kAdmin,
     .start = ShutdownFrontend},
}};

}  // namespace

CliCommands FrontendCommands() { return kCommands; }

}  // namespace room_router::admin
