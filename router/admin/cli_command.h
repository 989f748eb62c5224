// SPDX-License-Identifier: Apache-2.0
// One command of the admin socket: the words it begins with, how it is described, who may give it,
// and what answers it.
//
// The files *_commands.h each list some. A command answers at once (`run`), or later (`start`) when
// it has to ask the workers something that a view doesn't have; `start` keeps nothing of the
// context but copies, because the session may end before the answer comes. Control thread.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "router/admin/admin_view.h"
#include "router/admin/cli_session.h"

namespace room_router::admin {

struct CliContext {
  config::AdminLevel level = config::AdminLevel::kUser;
  const AdminSources& sources;
  const AdminView* view = nullptr;  // set for commands with needs_view
  TimePoint now;
  std::function<void(bool all)> clear_counters;  // AdminCollector::ClearCounters; may be empty
};

using CliDone = std::function<void(CliReply)>;

struct CliCommand {
  std::string_view words;  // what a line begins with
  std::string_view usage, help;
  // Null: the session's own, or `start`.
  CliReply (*run)(const CliWords& words, const CliContext& context) = nullptr;
  bool needs_view = false;
  config::AdminLevel least = config::AdminLevel::kUser;  // below it "Permission denied"
  bool hidden = false;  // from help: HAProxy's, without meaning here
  void (*start)(const CliWords& words, const CliContext& context, CliDone done) = nullptr;
};

using CliCommands = std::span<const CliCommand>;

// The word at `index`, empty when there are fewer.
inline std::string_view WordAt(const CliWords& words, size_t index) {
  return index < words.size() ? std::string_view(words[index]) : std::string_view();
}

}  // namespace room_router::admin
