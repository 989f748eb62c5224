// SPDX-License-Identifier: Apache-2.0
// `process`: as whom the router runs, and what the kernel keeps it from. Values.
#pragma once

#include <string>

namespace room_router::config {

struct Process {
  std::string user, group;  // to become when started as root; group empty = the user's
  bool sandbox = true;      // sandbox: auto | off
  friend bool operator==(const Process&, const Process&) = default;
};

}  // namespace room_router::config
