// SPDX-License-Identifier: Apache-2.0
#include "router/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <optional>
#include <sstream>

#include "config/socket_address.h"
#include "router/version.h"

namespace room_router::cli {
namespace {

constexpr int kMaxReplicas = 16;
constexpr int kMaxShards = 64;
constexpr const char* kFile = "FILE";
constexpr const char* kSocket = "SOCKET";

struct Parsed {
  RunCommand run;
  CheckCommand check;
  DemoCommand demo;
  LocateCommand locate;
  CtlCommand ctl;
  ImportHaproxyCommand import;
  CompleteCommand complete;
};

CLI::App* AddRun(CLI::App& app, RunCommand& run) {
  CLI::App* command = app.add_subcommand("run", "Run the router");
  command->add_option("-c,--config", run.config, "Configuration: a file, or a directory of *.yaml")
      ->type_name(kFile)
      ->capture_default_str();
  command->footer(
      "SIGHUP reads the configuration again, as does a change of its directory.\n"
      "SIGTERM or SIGINT drains (see drain: in the configuration); a second one stops "
      "at once.");
  return command;
}

CLI::App* AddCheck(CLI::App& app, CheckCommand& check) {
  CLI::App* command = app.add_subcommand("check", "Check a configuration and list its mistakes");
  command
      ->add_option("-c,--config", check.config, "Configuration: a file, or a directory of *.yaml")
      ->type_name(kFile)
      ->required();
  command->add_flag("--print", check.print, "Show the effective configuration, secrets masked");
  return command;
}

CLI::App* AddDemo(CLI::App& app, DemoCommand& demo) {
  CLI::App* command =
      app.add_subcommand("demo", "Try it: replicas, embedded shards, a chat per room");
  command->add_option("--port", demo.port, "Port of the first replica; the others follow")
      ->capture_default_str();
  command->add_option("--admin-port", demo.admin_port, "Dashboard port of the first replica")
      ->capture_default_str();
  command->add_option("--replicas", demo.replicas, "Routers to start")
      ->check(CLI::Range(1, kMaxReplicas))
      ->capture_default_str();
  command->add_option("--shards", demo.shards, "Shards to start")
      ->check(CLI::Range(1, kMaxShards))
      ->capture_default_str();
  command->add_option("--bind", demo.bind, "IP address to listen on")->capture_default_str();
  return command;
}

CLI::App* AddLocate(CLI::App& app, LocateCommand& locate) {
  CLI::App* command = app.add_subcommand("locate", "Show the room and key of a URL, and its shard");
  command->add_option("-c,--config", locate.config, "Configuration whose room_key: rules apply")
      ->type_name(kFile);
  command
      ->add_option("--admin", locate.admin, "Admin socket (path or host:port) to ask for the shard")
      ->type_name(kSocket);
  command->add_option("URL", locate.urls, "URL, path, or bare room name")->required();
  return command;
}

CLI::App* AddCtl(CLI::App& app, CtlCommand& ctl) {
  CLI::App* command = app.add_subcommand("ctl", "Send a command to a running router");
  command->add_option("-s,--socket", ctl.socket, "Admin socket: path or host:port")
      ->type_name(kSocket)
      ->capture_default_str();
  command->prefix_command();
  command->footer(
      "What follows is the command; without one: a prompt, or a command per line of\n"
      "standard input. `room-router ctl help` lists the commands. Exit status 1: it failed;\n"
      "3: the time of `drain SHARD --wait --max 300s` was up before the shard was empty.");
  return command;
}

CLI::App* AddImport(CLI::App& app, ImportHaproxyCommand& import) {
  CLI::App* command =
      app.add_subcommand("import-haproxy", "Turn a HAProxy configuration into one of ours");
  command->add_option("FILE", import.files, "haproxy.cfg, a directory of *.cfg, or - for stdin")
      ->type_name(kFile)
      ->required();
  command->add_option("--backend", import.backend, "The backend whose servers are the shards");
  command->add_option("-L,--local-peer", import.local_peer,
                      "This member of the peers section, as haproxy -L");
  command->footer(
      "Prints a configuration, with a comment for each directive that is not carried over.\n"
      "Exit status 1: the HAProxy configuration has mistakes, which are listed.");
  return command;
}

void AddCommands(CLI::App& app, Parsed& parsed) {
  AddRun(app, parsed.run);
  AddCheck(app, parsed.check);
  AddDemo(app, parsed.demo);
  AddLocate(app, parsed.locate);
  AddCtl(app, parsed.ctl);
  AddImport(app, parsed.import);
  app.add_subcommand("version", "Show version, commit, compiler and libraries");
  // For shells, not for people: in no help.
  CLI::App* complete = app.add_subcommand("complete", "Words that may follow others");
  complete->prefix_command()->set_help_flag();
  complete->group("");
}

OptionWord WordOf(const CLI::Option& option) {
  using Takes = OptionWord::Takes;
  OptionWord word;
  for (const std::string& name : option.get_snames()) word.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) word.names.push_back("--" + name);
  const bool file = option.get_type_name() == kFile || option.get_type_name() == kSocket;
  if (option.get_items_expected_max() > 0) word.takes = file ? Takes::kFile : Takes::kValue;
  return word;
}

std::optional<Command> Chosen(const CLI::App& app, Parsed& parsed) {
  if (app.got_subcommand("run")) return parsed.run;
  if (app.got_subcommand("check")) return parsed.check;
  if (app.got_subcommand("demo")) return parsed.demo;
  if (app.got_subcommand("locate")) return parsed.locate;
  if (app.got_subcommand("import-haproxy")) return parsed.import;
  if (app.got_subcommand("version")) return VersionCommand{};
  if (app.got_subcommand("complete")) {
    parsed.complete.words = app.get_subcommand("complete")->remaining();
    return parsed.complete;
  }
  if (!app.got_subcommand("ctl")) return std::nullopt;
  parsed.ctl.words = app.get_subcommand("ctl")->remaining();
  return parsed.ctl;
}

bool Knows(const CLI::App& app, std::string_view word) {
  return !app.get_subcommands(
                 [&word](const CLI::App* command) { return command->get_name() == word; })
              .empty();
}

// What makes no demo, as text; empty when all is well.
std::string Mistake(const DemoCommand& demo) {
  if (!SocketAddress::FromIp(demo.bind, demo.port)) {
    return "demo: --bind " + demo.bind + " is not an IP address, such as 127.0.0.1 or ::\n";
  }
  for (const int first : {int{demo.port}, int{demo.admin_port}}) {
    if (first == 0 || first + demo.replicas - 1 > UINT16_MAX) {
      return "demo: port " + std::to_string(first) + " leaves no room for " +
             std::to_string(demo.replicas) + " replicas; choose 1 to " +
             std::to_string(UINT16_MAX + 1 - demo.replicas) + "\n";
    }
  }
  return {};
}

}  // namespace

std::vector<CommandWords> KnownCommands() {
  CLI::App app;
  Parsed parsed;
  AddCommands(app, parsed);
  std::vector<CommandWords> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    CommandWords words{.name = command->get_name(), .options = {}};
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional()) {
        words.files = words.files || option->get_type_name() == kFile;
      } else {
        words.options.push_back(WordOf(*option));
      }
    }
    commands.push_back(std::move(words));
  }
  return commands;
}

Command ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app("Routes every request of a Jitsi room to the same shard.", "room-router");
  app.require_subcommand(1);
  app.set_version_flag("--version", "room-router " + std::string(Version()));
  Parsed parsed;
  AddCommands(app, parsed);
  if (argc > 1 && argv[1][0] != '-' && !Knows(app, argv[1])) {
    return EndCommand{.text = "room-router: no command is named " + std::string(argv[1]) + "\n" +
                              app.help()};
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const int status = app.exit(error, text, text) == 0 ? kSuccess : kUsage;
    return EndCommand{.text = text.str(), .status = status};
  }
  if (std::string mistake = Mistake(parsed.demo); !mistake.empty()) {
    return EndCommand{.text = std::move(mistake)};
  }
  auto chosen = Chosen(app, parsed);
  return chosen ? *std::move(chosen) : EndCommand{.text = app.help()};
}

}  // namespace room_router::cli
