// SPDX-License-Identifier: Apache-2.0
// The room-router command: words in, one command run, exit status out.
#include <exception>
#include <iostream>

#include "router/cli/check.h"
#include "router/cli/command_line.h"
#include "router/cli/completion.h"
#include "router/cli/ctl.h"
#include "router/cli/import_haproxy.h"
#include "router/cli/locate.h"
#include "router/cli/run.h"
#include "router/demo/demo.h"
#include "router/version.h"

namespace room_router::cli {
namespace {

int Do(const EndCommand& command) {
  (command.status == kSuccess ? std::cout : std::cerr) << command.text;
  return command.status;
}

int Do(const VersionCommand&) {
  std::cout << "room-router " << Version() << "\ncommit " << Commit() << "\ncompiler " << Compiler()
            << '\n';
  for (const auto& [name, version] : LibraryVersions()) std::cout << name << ' ' << version << '\n';
  return kSuccess;
}

int Do(const RunCommand& command) { return Run(command); }
int Do(const CheckCommand& command) { return Check(command); }
int Do(const LocateCommand& command) { return Locate(command); }
int Do(const CtlCommand& command) { return Ctl(command); }
int Do(const ImportHaproxyCommand& command) { return ImportHaproxy(command); }
int Do(const CompleteCommand& command) { return PrintCompletion(command.words); }
int Do(const DemoCommand& command) { return demo::Demo(command); }

}  // namespace
}  // namespace room_router::cli

int main(int argc, char** argv) {
  using namespace room_router::cli;
  try {
    const Command command = ParseCommandLine(argc, argv);
    return std::visit([](const auto& chosen) { return Do(chosen); }, command);
  } catch (const std::exception& error) {
    std::cerr << "room-router: " << error.what() << '\n';
    return kFailure;
  }
}
