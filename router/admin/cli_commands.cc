// SPDX-License-Identifier: Apache-2.0
#include "router/admin/cli_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "router/admin/drain_commands.h"
#include "router/admin/rule_commands.h"
#include "router/admin/server_commands.h"
#include "router/admin/show_info.h"
#include "router/admin/show_peers.h"
#include "router/admin/stat_csv.h"
#include "router/admin/stat_rows.h"
#include "router/admin/table_commands.h"

namespace room_router::admin {
namespace {

struct Command {
  std::string_view words;  // what a line begins with
  std::string_view usage, help;
  CliReply (*run)(const CliWords& words, const CliContext& context);  // null: the session's own
  bool needs_view = false;
};

CliReply Help(const CliWords& words, const CliContext& context);

CliReply ShowVersion(const CliWords&, const CliContext& context) {
  const auto& versions = context.sources.versions;
  return {.text = (versions.empty() ? "unknown" : versions.front().second) + "\n"};
}

CliReply NoFormat(const std::string& format) {
  return Error("Output format '" + format + "' is not available; ask without it.\n");
}

bool IsFormat(const std::string& word) {
  return word == "json" || word == "typed" || word == "desc" || word == "float";
}

CliReply ShowInfoCommand(const CliWords& words, const CliContext& context) {
  if (words.size() > 2 && IsFormat(words[2])) return NoFormat(words[2]);
  return {.text = ShowInfo(*context.view)};
}

std::optional<int> ReadInt(const std::string& word) {
  int value = 0;
  const char* end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, value);
  if (word.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

// show peers [dict|-] [<section>]
CliReply ShowPeersCommand(const CliWords& words, const CliContext& context) {
  size_t i = 2;
  if (words.size() > i && (words[i] == "dict" || words[i] == "-")) ++i;
  const std::string section = words.size() > i ? words[i] : "";
  const auto sections = PeerSections(*context.view);
  if (!section.empty() && std::find(sections.begin(), sections.end(), section) == sections.end()) {
    return Error("No such peers\n");
  }
  return {.text = ShowPeers(*context.view, section)};
}

// show stat [{<iid>|<proxy>} <types> <sid>] [up|no-maint]…
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
  for (; i < words.size(); ++i) {
    if (IsFormat(words[i])) return NoFormat(words[i]);
    filter.only_up |= words[i] == "up";
    filter.no_maintenance |= words[i] == "no-maint";
  }
  return {.text = StatCsv(StatRows(*context.view), filter)};
}

constexpr auto kCommands = std::to_array<Command>({
    {"ban", "ban room|prefix|tenant <name> [redirect|403]", "refuse rooms on all replicas", Ban},
    {"clear table", "clear table <table> [<filter>]*",
     "forget where rooms live, on all replicas (filter: data/key)", ClearTable},
    {"disable server", "disable server <backend>/<shard>",
     "give a shard up (set server <backend>/<shard> state maint)", DisableServer},
    {"drain", "drain <shard> [--wait] [--max <time>]",
     "give a shard no new rooms, and wait until it is empty", Drain},
    {"enable server", "enable server <backend>/<shard>",
     "use a shard again (set server <backend>/<shard> state ready)", EnableServer},
    {"get weight", "get weight <backend>/<shard>",
     "report a shard's current weight, and the one it was found with", GetWeight},
    {"pin", "pin room|tenant <name> shard|release|region <value>",
     "keep rooms on certain shards, on all replicas", Pin},
    {"ready", "ready <shard>", "let a shard take new rooms again", MakeReady},
    {"set server", "set server <backend>/<shard> state|weight",
     "change a shard's state [ready|drain|maint] or weight on all replicas", SetServer},
    {"set severity-output", "set severity-output [none|number|string]",
     "set presence of severity level in feedback information", nullptr},
    {"set table", "set table <table> key <k> data.server_key <v>",
     "move a room to a shard, on all replicas", SetTable},
    {"set timeout", "set timeout [cli] <delay>", "change a timeout setting", nullptr},
    {"set weight", "set weight <backend>/<shard> <w>[%]",
     "change a shard's weight (set server <backend>/<shard> weight)", SetWeight},
    {"show bans", "show bans", "list the rooms that are refused", ShowBans},
    {"show drain", "show drain [<shard>]", "how far shards that are not ready are from being empty",
     ShowDrainCommand, true},
    {"show info", "show info", "report information about the running process", ShowInfoCommand,
     true},
    {"show peers", "show peers [dict|-] [section]",
     "dump some information about the other replicas and HAProxy peers", ShowPeersCommand, true},
    {"show pins", "show pins", "list the rooms that belong on certain shards", ShowPins},
    {"show stat", "show stat [no-maint|up]*", "report counters for each proxy and server", ShowStat,
     true},
    {"show table", "show table <table> [<filter>]*",
     "report table usage stats or dump this table's contents (filter: data/key)", ShowTable},
    {"show version", "show version", "show version of the current process", ShowVersion},
    {"unban", "unban room|prefix|tenant <name>", "take a ban back on all replicas", Unban},
    {"unpin", "unpin room|tenant <name>", "take a pin back on all replicas", Unpin},
    {"help", "help [<command>]", "list matching or all commands", Help},
    {"prompt", "prompt [n|i|p|timed]", "toggle interactive mode with prompt", nullptr},
    {"quit", "quit", "disconnect", nullptr},
});

std::string Line(const Command& command) {
  return fmt::format("  {:<40}: {}\n", command.usage, command.help);
}

std::string Join(const CliWords& words, size_t count) {
  std::string text;
  for (size_t i = 0; i < std::min(count, words.size()); ++i) {
    if (i > 0) text += ' ';
    text += words[i];
  }
  return text;
}

const Command* FindCommand(const CliWords& words) {
  const auto found = std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& command) {
    const auto spaces = std::count(command.words.begin(), command.words.end(), ' ');
    return Join(words, static_cast<size_t>(spaces) + 1) == command.words;
  });
  return found == kCommands.end() ? nullptr : &*found;
}

CliReply Help(const CliWords& words, const CliContext&) {
  const std::string prefix = Join({words.begin() + 1, words.end()}, words.size());
  const bool any = std::any_of(kCommands.begin(), kCommands.end(), [&](const Command& command) {
    return command.words.starts_with(prefix);
  });
  std::string text;
  for (const Command& command : kCommands) {
    if (!any || command.words.starts_with(prefix)) text += Line(command);
  }
  return {.text = "The following commands are valid at this level:\n" + text};
}

// Edits (insert, remove, replace a character) from one text to the other.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

// The session's own single words, which close every list.
bool Closes(const Command& command) {
  return command.words == "help" || command.words == "prompt" || command.words == "quit";
}

// Nearest first; those that close the list in any case are left out.
std::vector<const Command*> Nearest(const CliWords& words) {
  constexpr size_t kShown = 5, kLongest = 64;
  const std::string typed = Join(words, 2).substr(0, kLongest);
  std::vector<std::pair<size_t, const Command*>> ranked;
  for (const Command& command : kCommands) {
    const size_t distance = Distance(typed, command.words);
    const bool near = distance * 2 <= command.words.size() ||
                      command.words.substr(0, command.words.find(' ')) == words[0];
    if (!Closes(command) && near) ranked.emplace_back(distance, &command);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const Command*> nearest;
  for (const auto& [distance, command] : ranked) {
    if (nearest.size() < kShown) nearest.push_back(command);
  }
  return nearest;
}

CliReply Unknown(const CliWords& words) {
  const std::vector<const Command*> nearest = Nearest(words);
  std::string text = "Unknown command. Please enter one of the following commands only:\n";
  if (!nearest.empty()) {
    text = "Unknown command, but maybe one of the following ones is a better match:\n";
    for (const Command* command : nearest) text += Line(*command);
  }
  for (const Command& command : kCommands) {
    if (nearest.empty() || Closes(command)) text += Line(command);
  }
  return {.text = std::move(text), .severity = CliReply::kInfo};
}

}  // namespace

bool NeedsView(const CliWords& words) {
  const Command* command = FindCommand(words);
  return command != nullptr && command->needs_view;
}

CliReply RunCommand(const CliWords& words, const CliContext& context) {
  const Command* command = FindCommand(words);
  if (command == nullptr || command->run == nullptr) return Unknown(words);
  return command->run(words, context);
}

}  // namespace room_router::admin
