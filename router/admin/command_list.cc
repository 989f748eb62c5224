// SPDX-License-Identifier: Apache-2.0
#include "router/admin/command_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace room_router::admin {
namespace {

std::string Line(const CliCommand& command) {
  return fmt::format("  {:<40}: {}\n", command.usage, command.help);
}

std::string Join(const CliWords& words, size_t count) {
  std::string text;
  for (size_t i = 0; i < std::min(count, words.size()); ++i) {
    if (i > 0) text += ' ';
    text += words[i];
  }
  return text;
}

// Edits (insert, remove, replace a character) from one text to the other.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

size_t CountWords(const CliCommand& command) {
  return static_cast<size_t>(std::ranges::count(command.words, ' ')) + 1;
}

// The session's own single words, which close every list.
bool Closes(const CliCommand& command) {
  return command.words == "help" || command.words == "prompt" || command.words == "quit";
}

}  // namespace

CommandList::CommandList(std::initializer_list<CliCommands> groups) {
  for (const CliCommands group : groups) {
    for (const CliCommand& command : group) commands_.push_back(&command);
  }
  std::ranges::sort(commands_, [](const CliCommand* a, const CliCommand* b) {
    return std::pair(Closes(*a), a->words) < std::pair(Closes(*b), b->words);
  });
}

const CliCommand* CommandList::Find(const CliWords& words) const {
  const CliCommand* best = nullptr;
  for (const CliCommand* command : commands_) {
    const size_t count = CountWords(*command);
    if (best != nullptr && count <= CountWords(*best)) continue;
    if (Join(words, count) == command->words) best = command;
  }
  return best;
}

CliReply CommandList::Help(const CliWords& words) const {
  const std::string prefix = Join({words.begin() + 1, words.end()}, words.size());
  const auto wanted = [&](const CliCommand* command) {
    return !command->hidden && command->words.starts_with(prefix);
  };
  const bool any = std::ranges::any_of(commands_, wanted);
  std::string text;
  for (const CliCommand* command : commands_) {
    if (any ? wanted(command) : !command->hidden) text += Line(*command);
  }
  return {.text = "The following commands are valid at this level:\n" + text};
}

// Nearest first; those that close the list in any case are left out.
std::vector<const CliCommand*> CommandList::Nearest(const CliWords& words) const {
  constexpr size_t kShown = 5, kLongest = 64;
  const std::string typed = Join(words, 2).substr(0, kLongest);
  std::vector<std::pair<size_t, const CliCommand*>> ranked;
  for (const CliCommand* command : commands_) {
    const size_t distance = Distance(typed, command->words);
    const bool near = distance * 2 <= command->words.size() ||
                      command->words.substr(0, command->words.find(' ')) == words[0];
    if (!Closes(*command) && !command->hidden && near) ranked.emplace_back(distance, command);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const CliCommand*> nearest;
  for (const auto& [distance, command] : ranked) {
    if (nearest.size() < kShown) nearest.push_back(command);
  }
  return nearest;
}

CliReply CommandList::Unknown(const CliWords& words) const {
  const std::vector<const CliCommand*> nearest = Nearest(words);
  std::string text = "Unknown command. Please enter one of the following commands only:\n";
  if (!nearest.empty()) {
    text = "Unknown command, but maybe one of the following ones is a better match:\n";
    for (const CliCommand* command : nearest) text += Line(*command);
  }
  for (const CliCommand* command : commands_) {
    if ((nearest.empty() && !command->hidden) || Closes(*command)) text += Line(*command);
  }
  return {.text = std::move(text), .severity = CliReply::kInfo};
}

}  // namespace room_router::admin
