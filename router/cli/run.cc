// SPDX-License-Identifier: Apache-2.0
#include "router/cli/run.h"

#include <iostream>

#include "router/app.h"
#include "router/cli/check.h"
#include "router/cli/process.h"
#include "router/cli/process_events.h"

namespace room_router::cli {
namespace {

void Obey(App& app, ProcessEvents& events) {
  bool draining = false;
  for (;;) {
    switch (events.Wait()) {
      case ProcessEvent::kReload:
      case ProcessEvent::kConfigChanged:
        app.Reload();  // logs and counts the mistakes itself
        break;
      case ProcessEvent::kStop:
        if (draining) return;
        draining = true;
        NotifyServiceManager("STOPPING=1");
        app.Drain([&events] { events.NotifyEnded(); });
        break;
      case ProcessEvent::kEnded:
        return;
    }
  }
}

}  // namespace

int Run(const RunCommand& command) {
  PrepareProcess();
  auto config = LoadOrComplain(command.config);
  if (!config) return kFailure;
  ProcessEvents events(command.config);
  if (!events.watching()) {
    std::cerr << "room-router: can't watch " << command.config
              << " for changes (fs.inotify limits?); SIGHUP still reads it again\n";
  }
  App app(*std::move(config), command.config);
  if (const std::string mistake = app.Start(); !mistake.empty()) {
    std::cerr << "room-router: " << mistake << '\n';
    return kFailure;
  }
  NotifyServiceManager("READY=1");
  Obey(app, events);
  app.Stop();
  return kSuccess;
}

}  // namespace room_router::cli
