// SPDX-License-Identifier: Apache-2.0
// The words after `room-router` as a typed command, or the text and exit status to end with (help,
// mistakes in the words).
//
// Reads nothing but its arguments, starts nothing. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace room_router::cli {

inline constexpr const char* kDefaultConfig = "/etc/room-router/room-router.yaml";
inline constexpr const char* kDefaultSocket = "/run/room-router/admin.sock";

// Exit statuses of every command.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;     // the command was understood and failed
inline constexpr int kUsage = 2;       // the words make no command
inline constexpr int kUnfinished = 3;  // ctl drain --wait: the time is up, the shard not empty

struct RunCommand {
  std::string config = kDefaultConfig;
};

struct CheckCommand {
  std::string config;
  bool print = false;
};

struct DemoCommand {
  uint16_t port = 8080;        // of the first replica, the others follow
  uint16_t admin_port = 9090;  // likewise
  int replicas = 2;
  int shards = 3;
  std::string bind = "127.0.0.1";
};

struct LocateCommand {
  std::string config;  // empty = the default file if there is one, else the defaults
  std::string admin;   // socket to ask for the shard; empty = don't
  std::vector<std::string> urls;
};

struct CtlCommand {
  std::string socket = kDefaultSocket;  // path or host:port
  std::vector<std::string> words;       // empty = prompt, or commands from standard input
};

struct ImportHaproxyCommand {
  std::vector<std::string> files;  // or directories; "-" = standard input
  std::string backend;             // empty = the one that keeps rooms
  std::string local_peer;          // as haproxy -L
};

struct VersionCommand {};

struct CompleteCommand {
  std::vector<std::string> words;  // after `room-router`, the last being typed
};

struct EndCommand {  // nothing to run: say this and exit
  std::string text;
  int status = kUsage;
};

using Command = std::variant<EndCommand, RunCommand, CheckCommand, DemoCommand, LocateCommand,
                             CtlCommand, ImportHaproxyCommand, VersionCommand, CompleteCommand>;

Command ParseCommandLine(int argc, const char* const* argv);

// The words there are, for completion.
struct OptionWord {
  enum class Takes : uint8_t { kNothing, kValue, kFile };
  std::vector<std::string> names;  // "-c", "--config"
  Takes takes = Takes::kNothing;
};
struct CommandWords {
  std::string name;
  std::vector<OptionWord> options;
  bool files = false;  // takes names of files
};
std::vector<CommandWords> KnownCommands();

}  // namespace room_router::cli
