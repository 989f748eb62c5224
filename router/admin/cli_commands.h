// SPDX-License-Identifier: Apache-2.0
// The commands of the admin socket: words in, the answer's text out, as HAProxy words it.
//
// Those that change something are in server_commands.h and rule_commands.h. Unknown ones are
// answered with the nearest known ones. Pure apart from reading the stick table.
#pragma once

#include <string>

#include "router/admin/admin_view.h"
#include "router/admin/cli_session.h"

namespace room_router::admin {

// Whether the answer needs the workers' counters (a view), which take a moment to collect.
bool NeedsView(const CliWords& words);

struct CliContext {
  config::AdminLevel level = config::AdminLevel::kUser;
  const AdminSources& sources;
  const AdminView* view = nullptr;  // set when NeedsView()
  TimePoint now;
};

CliReply RunCommand(const CliWords& words, const CliContext& context);

}  // namespace room_router::admin
