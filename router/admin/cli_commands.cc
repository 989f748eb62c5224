// SPDX-License-Identifier: Apache-2.0
#include "router/admin/cli_commands.h"

#include <algorithm>
#include <array>

#include "router/admin/absent_commands.h"
#include "router/admin/command_list.h"
#include "router/admin/control_commands.h"
#include "router/admin/drain_commands.h"
#include "router/admin/error_commands.h"
#include "router/admin/frontend_commands.h"
#include "router/admin/limit_commands.h"
#include "router/admin/process_commands.h"
#include "router/admin/resolver_commands.h"
#include "router/admin/room_commands.h"
#include "router/admin/rule_commands.h"
#include "router/admin/server_commands.h"
#include "router/admin/server_list_commands.h"
#include "router/admin/session_commands.h"
#include "router/admin/show_peers.h"
#include "router/admin/stat_commands.h"
#include "router/admin/table_commands.h"

namespace room_router::admin {
namespace {

using Command = CliCommand;

CliReply Help(const CliWords& words, const CliContext& context);

CliReply ShowVersion(const CliWords&, const CliContext& context) {
  const auto& versions = context.sources.versions;
  return {.text = (versions.empty() ? "unknown" : versions.front().second) + "\n"};
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
    {"show peers", "show peers [dict|-] [section]",
     "dump some information about the other replicas and HAProxy peers", ShowPeersCommand, true},
    {"show pins", "show pins", "list the rooms that belong on certain shards", ShowPins},
    {"show table", "show table <table> [<filter>]*",
     "report table usage stats or dump this table's contents (filter: data/key)", ShowTable},
    {"show version", "show version", "show version of the current process", ShowVersion},
    {"unban", "unban room|prefix|tenant <name>", "take a ban back on all replicas", Unban},
    {"unpin", "unpin room|tenant <name>", "take a pin back on all replicas", Unpin},
    {"help", "help [<command>]", "list matching or all commands", Help},
    {"prompt", "prompt [n|i|p|timed]", "toggle interactive mode with prompt", nullptr},
    {"quit", "quit", "disconnect", nullptr},
});

constexpr std::array<Command, 2> kSessionCommands = {{
    {"operator", "operator", "lower the level of the current CLI session to operator", nullptr},
    {"user", "user", "lower the level of the current CLI session to user", nullptr},
}};

const CommandList& Commands() {
  static const CommandList kList = {
      kSessionCommands,     kCommands,         AbsentCommands(),  ProcessCommands(),
      ServerListCommands(), StatCommands(),    SessionCommands(), FrontendCommands(),
      RoomCommands(),       ControlCommands(), ErrorCommands(),   ResolverCommands(),
      LimitCommands()};
  return kList;
}

CliReply Help(const CliWords& words, const CliContext&) { return Commands().Help(words); }

}  // namespace

bool NeedsView(const CliWords& words) {
  const Command* command = Commands().Find(words);
  return command != nullptr && command->needs_view;
}

bool AnswersLater(const CliWords& words) {
  const Command* command = Commands().Find(words);
  return command != nullptr && command->start != nullptr;
}

CliReply RunCommand(const CliWords& words, const CliContext& context) {
  const Command* command = Commands().Find(words);
  if (command == nullptr || command->run == nullptr) return Commands().Unknown(words);
  if (context.level < command->least) return Error("Permission denied\n");
  return command->run(words, context);
}

void StartCommand(const CliWords& words, const CliContext& context, CliDone done) {
  const Command& command = *Commands().Find(words);
  if (context.level < command.least) return done(Error("Permission denied\n"));
  command.start(words, context, std::move(done));
}

}  // namespace room_router::admin
