// SPDX-License-Identifier: Apache-2.0
// An operator at the admin socket of the sample deployment.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "router/admin/cli_commands.h"
#include "sample.h"

namespace room_router::admin {

class Console : public testing::Test {
 protected:
  using AdminLevel = config::AdminLevel;

  CliReply Ask(const std::string& line, AdminLevel level = AdminLevel::kAdmin) {
    const AdminSources sources = sample_.Sources();
    const AdminView view = sample_.View();
    const CliContext context{.level = level, .sources = sources, .view = &view, .now = sample_.now};
    const CliWords words = SplitLine(line).at(0);
    if (!AnswersLater(words)) return RunCommand(words, context);
    CliReply later{.text = "no answer"};
    StartCommand(words, context, [&later](CliReply reply) { later = std::move(reply); });
    return later;
  }

  std::string Run(const std::string& line, AdminLevel level = AdminLevel::kAdmin) {
    return Ask(line, level).text;
  }

  std::vector<std::string> Lines(const std::string& line) {
    std::istringstream text(Run(line));
    std::vector<std::string> lines;
    for (std::string each; std::getline(text, each);) lines.push_back(each);
    return lines;
  }

  Sample sample_;
};

}  // namespace room_router::admin
