// SPDX-License-Identifier: Apache-2.0
#include "router/cli/ctl.h"

#include <unistd.h>

#include <iostream>

#include "router/cli/admin_client.h"

namespace room_router::cli {
namespace {

int Send(const AdminClient& client, const std::string& line) {
  if (line.find('\n') != std::string::npos) {
    std::cerr << "room-router ctl: a command is one line\n";
    return kUsage;
  }
  const AdminAnswer answer = client.Ask(line);
  (answer.failed ? std::cerr : std::cout) << answer.text << std::flush;
  if (!answer.text.empty() && !answer.text.ends_with('\n')) std::cerr << '\n';
  if (answer.failed) return kFailure;
  return answer.warned && line.starts_with("drain ") ? kUnfinished : kSuccess;
}

}  // namespace

int Ctl(const CtlCommand& command) {
  const AdminClient client(command.socket);
  if (!command.words.empty()) return Send(client, JoinWords(command.words));
  if (isatty(STDIN_FILENO) != 0) {
    std::string error;
    if (client.Prompt(STDIN_FILENO, STDOUT_FILENO, error)) return kSuccess;
    std::cerr << error << '\n';
    return kFailure;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.empty() || line.starts_with('#')) continue;
    if (const int status = Send(client, line); status != kSuccess) return status;
  }
  return kSuccess;
}

}  // namespace room_router::cli
