// SPDX-License-Identifier: Apache-2.0
// One replica: the composition root. Constructs and connects discovery, the stick table, the
// workers and the admin plane, and starts, reloads, drains and stops them in that order.
//
// Several Apps can live in one process (`demo` runs two). Its own threads do the work; the calling
// thread only gives orders. No signals are touched here: main.cc owns them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"

namespace room_router {

class Log;

class App {
 public:
  // `config_path` is what Reload() reads again; empty when there is none (demo).
  App(config::Config config, std::string config_path);
  ~App();  // stops if still running
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Binds listeners and admin sockets, starts the threads. On failure the text says which address
  // or path and why, and nothing is left running; empty = started. In between, when all is bound
  // and there is no thread yet, `give_up_rights` may do so; its text is a failure too.
  std::string Start(const std::function<std::string(Log&)>& give_up_rights = {});

  // Loads config_path again. An invalid file changes nothing: the mistakes are returned (also
  // logged, counted and shown by the admin plane).
  std::vector<std::string> Reload();
  // What the configuration in use was read from, besides its own files.
  std::vector<std::string> ReferencedFiles() const;

  // SIGTERM: not ready at once, accepts for drain.accept_for, tunnels stay until drain.max, then
  // `on_stopped` runs once on an internal thread. A second call stops now.
  void Drain(std::function<void()> on_stopped);
  void Stop();  // now; returns when every thread has ended

  // The addresses really bound (port 0 in the configuration gets one from the system).
  std::vector<SocketAddress> listening() const;
  SocketAddress admin_http() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace room_router
