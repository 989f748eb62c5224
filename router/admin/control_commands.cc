// SPDX-License-Identifier: Apache-2.0
#include "router/admin/control_commands.h"

#include <array>
#include <optional>
#include <utility>

#include "config/load.h"

namespace room_router::admin {
namespace {

using config::AdminLevel;
using config::LogLevel;

// An empty line would end the answer.
std::string WithoutEmptyLines(std::string text) {
  for (size_t at = text.find("\n\n"); at != std::string::npos; at = text.find("\n\n", at)) {
    text.erase(at, 1);
  }
  return text;
}

CliReply ShowConfiguration(const CliWords&, const CliContext& context) {
  const auto config = context.sources.config();
  return {.text = WithoutEmptyLines(config::Print(*config))};
}

CliReply Reload(const CliWords&, const CliContext& context) {
  if (!context.sources.reload_now) return Error("This process was started without a file.\n");
  const std::vector<std::string> mistakes = context.sources.reload_now();
  if (mistakes.empty()) return {};
  std::string text = "Nothing has changed:\n";
  for (const std::string& mistake : mistakes) text += mistake + "\n";
  return Error(std::move(text));
}

std::optional<LogLevel> ReadLevel(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels = {
      {{"debug", LogLevel::kDebug},
       {"info", LogLevel::kInfo},
       {"warning", LogLevel::kWarning},
       {"error", LogLevel::kError}}};
  for (const auto& [name, level] : kLevels) {
    if (name == word) return level;
  }
  return std::nullopt;
}

CliReply SetLogLevel(const CliWords& words, const CliContext& context) {
  const auto level = ReadLevel(WordAt(words, 2));
  if (!level) return Error("usage: log level debug|info|warning|error\n");
  context.sources.set_log_level(*level);
  return {};
}

constexpr std::array<CliCommand, 3> kCommands = {{
    {.words = "log level",
     .usage = "log level debug|info|warning|error",
     .help = "say more or less in the log, until the next reload",
     .run = SetLogLevel,
     .least = AdminLevel::kAdmin},
    {.words = "reload",
     .usage = "reload",
     .help = "read the configuration again",
     .run = Reload,
     .least = AdminLevel::kAdmin},
    {.words = "show config",
     .usage = "show config",
     .help = "print the configuration in effect, secrets masked",
     .run = ShowConfiguration,
     .least = AdminLevel::kOperator},
}};

}  // namespace

CliCommands ControlCommands() { return kCommands; }

}  // namespace room_router::admin
