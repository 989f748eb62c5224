// SPDX-License-Identifier: Apache-2.0
#include "router/cli/run.h"

#include <iostream>

#include "config/referenced_files.h"
#include "router/app.h"
#include "router/cli/check.h"
#include "router/cli/first_load.h"
#include "router/cli/process.h"
#include "router/cli/process_events.h"
#include "router/confinement.h"

namespace room_router::cli {
namespace {

void Obey(App& app, ProcessEvents& events) {
  bool draining = false;
  for (;;) {
    switch (events.Wait()) {
      case ProcessEvent::kReload:
      case ProcessEvent::kConfigChanged:
        app.Reload();  // logs and counts the mistakes itself
        events.WatchFiles(app.ReferencedFiles());
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

int Fail(const std::string& mistake) {
  std::cerr << "room-router: " << mistake << '\n';
  return kFailure;
}

}  // namespace

int Run(const RunCommand& command) {
  PrepareProcess();
  ProcessEvents events(command.config);
  const auto load = [&events](const std::string& path) {
    return LoadAndWatch([&path] { return LoadFile(path); },
                        [&events](const config::Config& read) {
                          events.WatchFiles(config::ReferencedFiles(read));
                        });
  };
  auto config = LoadOrComplain(command.config, Overdue::kTaken, load);
  if (!config) return kFailure;
  if (!events.watching()) {
    std::cerr << "room-router: can't watch " << command.config
              << " for changes (fs.inotify limits?); SIGHUP still reads it again\n";
  }
  Confinement confinement(*config, command.config);
  std::string mistake = confinement.Begin();
  if (!mistake.empty()) return Fail(mistake);
  App app(*std::move(config), command.config);
  mistake = app.Start([&confinement](Log& log) { return confinement.Complete(log); });
  if (!mistake.empty()) return Fail(mistake);
  NotifyServiceManager("READY=1");
  Obey(app, events);
  app.Stop();
  return kSuccess;
}

}  // namespace room_router::cli
