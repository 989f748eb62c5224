// SPDX-License-Identifier: Apache-2.0
// How a running router gives up what it needs no more: root (privileges.h) and, with the kernel's
// help, the rest (sandbox.h), as the `process` part of the configuration says.
//
// Begin() before anything is opened, Complete() when everything is and before there is any other
// thread. It tells the log what is on, and what a reload could not read any more. For a process of
// its own (`run`): what it does can't be undone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/account.h"
#include "router/file_rules.h"
#include "router/log.h"

namespace room_router {

class Confinement {
 public:
  // `config_path`: the file or folder that `config` was read from.
  Confinement(const config::Config& config, std::string config_path);

  // Why the process must not go on; empty = done.
  std::string Begin();
  std::string Complete(Log& log);

 private:
  std::string GiveUpRoot(Log& log);
  void TellUnreadable(Log& log) const;

  const config::Process process_;
  std::optional<config::Account> becomes_;  // empty: it stays who it is
  std::vector<std::string> read_again_;     // files, by a reload
  FileRules rules_;
};

}  // namespace room_router
