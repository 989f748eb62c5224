// SPDX-License-Identifier: Apache-2.0
// What the outside asks of a running process, one at a time: SIGTERM and SIGINT, SIGHUP, a changed
// configuration, or its own end.
//
// Construct before any other thread starts: it blocks the signals so that only Wait() gets them.
// Watches the configuration's directory rather than the file, since editors and Kubernetes (the
// ..data link of a mounted ConfigMap) replace files; 200 ms of quiet make one event. Owned by the
// main thread; NotifyEnded() may come from any. Source: signalfd(2), inotify(7).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace room_router::cli {

enum class ProcessEvent : uint8_t {
  kStop,           // SIGTERM or SIGINT
  kReload,         // SIGHUP
  kConfigChanged,  // the watched files, or those they name, settled after a change
  kEnded           // NotifyEnded() was called
};

class ProcessEvents {
 public:
  // `config`: the file, or the directory of *.yaml, to watch; empty = nothing.
  explicit ProcessEvents(const std::string& config);
  ~ProcessEvents();
  ProcessEvents(const ProcessEvents&) = delete;
  ProcessEvents& operator=(const ProcessEvents&) = delete;

  // Certificates and the like, which make the configuration another one; instead of those before.
  void WatchFiles(const std::vector<std::string>& files);

  ProcessEvent Wait();
  void NotifyEnded() const;

  // False when the kernel refused the watch (fs.inotify.max_user_watches); SIGHUP still works.
  bool watching() const { return watch_ >= 0; }

 private:
  bool TakeChanges() const;  // true when one concerns the configuration
  bool Concerns(int watch, const std::string& name) const;

  std::string directory_;
  std::string file_;                            // within directory_; empty = every *.yaml
  std::map<int, std::set<std::string>> files_;  // watch → the names in its directory
  int signals_ = -1, changes_ = -1, ended_ = -1, watch_ = -1;
};

}  // namespace room_router::cli
