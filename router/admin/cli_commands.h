// SPDX-License-Identifier: Apache-2.0
// The commands of the admin socket: words in, the answer's text out, as HAProxy words it.
//
// Most are listed in the files *_commands.h, by what they are about. Unknown ones are answered with
// the nearest known ones. Pure apart from reading the stick table.
#pragma once

#include "router/admin/cli_command.h"

namespace room_router::admin {

// Whether the answer needs the workers' counters (a view), which take a moment to collect.
bool NeedsView(const CliWords& words);

// Whether it comes by StartCommand, later, instead of by RunCommand.
bool AnswersLater(const CliWords& words);

CliReply RunCommand(const CliWords& words, const CliContext& context);
// `done` is called once, perhaps before this returns.
void StartCommand(const CliWords& words, const CliContext& context, CliDone done);

}  // namespace room_router::admin
