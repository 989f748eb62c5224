// SPDX-License-Identifier: Apache-2.0
// Which command a line means, the help, and what a line nobody knows is answered with.
//
// Sorted by name, the session's own single words last, as HAProxy lists them. Pure.
#pragma once

#include <initializer_list>
#include <vector>

#include "router/admin/cli_command.h"

namespace room_router::admin {

class CommandList {
 public:
  // The commands live at least as long as the list.
  CommandList(std::initializer_list<CliCommands> groups);

  // The one with the most words; null when there is none.
  const CliCommand* Find(const CliWords& words) const;
  // Those that begin with the words after `help`; all when none does.
  CliReply Help(const CliWords& words) const;
  // The nearest commands, or all when nothing is near.
  CliReply Unknown(const CliWords& words) const;

 private:
  std::vector<const CliCommand*> Nearest(const CliWords& words) const;

  std::vector<const CliCommand*> commands_;
};

}  // namespace room_router::admin
