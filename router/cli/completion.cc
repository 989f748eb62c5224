// SPDX-License-Identifier: Apache-2.0
#include "router/cli/completion.h"

#include <algorithm>
#include <iostream>
#include <ranges>
#include <sstream>
#include <string_view>

#include "router/cli/admin_client.h"
#include "router/cli/command_line.h"

namespace room_router::cli {
namespace {

using Words = std::vector<std::string>;

Words Split(std::string_view text, char separator) {
  Words parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

const OptionWord* FindOption(const CommandWords& command, const std::string& word) {
  const auto found = std::ranges::find_if(command.options, [&word](const OptionWord& option) {
    return std::ranges::find(option.names, word) != option.names.end();
  });
  return found == command.options.end() ? nullptr : &*found;
}

// The words of a command of the admin socket, from what `help` says:
// "  drain <shard> [--wait] [--max <time>]   : give a shard no new rooms, …".
Words UsageOf(const std::string& line) {
  const size_t end = line.find(": ");
  if (!line.starts_with("  ") || end == std::string::npos) return {};
  return Split(line.substr(0, end), ' ');
}

bool IsPlaceholder(std::string_view token) { return token.find('<') != std::string_view::npos; }

Words Alternatives(std::string token) {
  std::erase_if(token, [](char c) { return c == '[' || c == ']' || c == '*'; });
  return Split(token, '|');
}

// Whether words that were typed can be the beginning of a usage.
bool Fits(const Words& usage, const Words& typed) {
  if (typed.size() >= usage.size()) return false;
  for (size_t n = 0; n < typed.size(); ++n) {
    if (IsPlaceholder(usage[n])) continue;
    const Words known = Alternatives(usage[n]);
    if (std::ranges::find(known, typed[n]) == known.end()) return false;
  }
  return true;
}

class Router {
 public:
  Router(const AskRouter& ask, std::string socket) : ask_(ask), socket_(std::move(socket)) {}

  // What may follow the words of a command that were typed.
  Words Next(const Words& typed) const {
    Words next;
    for (const std::string& line : Split(ask_(socket_, "help"), '\n')) {
      const Words usage = UsageOf(line);
      if (!Fits(usage, typed)) continue;
      // Options in brackets may come in any order.
      for (size_t n = typed.size(); n < usage.size(); ++n) {
        for (std::string& word : Meant(usage[n])) next.push_back(std::move(word));
        if (!usage[n].starts_with('[')) break;
      }
    }
    return next;
  }

 private:
  Words Meant(const std::string& token) const {
    if (!IsPlaceholder(token)) return Alternatives(token);
    const bool server = token.find("<backend>/<shard>") != std::string::npos;
    if (server) return Servers();
    if (token.find("<shard>") != std::string::npos) return Shards();
    if (token.find("<table>") != std::string::npos || token.find("<backend>") != std::string::npos)
      return Backends();
    return {};
  }

  // The first words of the lines of an answer, without its heading.
  Words Column(const std::string& command) const {
    Words names;
    for (const std::string& line : Split(ask_(socket_, command), '\n')) {
      if (!line.starts_with('#')) names.push_back(line.substr(0, line.find(' ')));
    }
    return names;
  }

  Words Shards() const { return Column("show shards"); }
  Words Backends() const { return Column("show backend"); }

  Words Servers() const {
    Words servers;
    for (const std::string& backend : Backends()) {
      for (const std::string& shard : Shards()) {
        servers.push_back(backend);
        servers.back().append("/").append(shard);
      }
    }
    return servers;
  }

  const AskRouter& ask_;
  std::string socket_;
};

// What may stand after `ctl` and its options.
Completion CompleteCtl(const CommandWords& command, const Words& typed, const AskRouter& ask) {
  std::string socket = kDefaultSocket;
  size_t n = 0;
  for (; n + 1 < typed.size(); n += 2) {
    const OptionWord* option = FindOption(command, typed[n]);
    if (option == nullptr) break;
    socket = typed[n + 1];
  }
  const Words words(typed.begin() + static_cast<Words::difference_type>(n), typed.end());
  Completion completion{.words = Router(ask, socket).Next(words), .files = false};
  if (!words.empty()) return completion;
  for (const OptionWord& option : command.options) {
    completion.words.insert(completion.words.end(), option.names.begin(), option.names.end());
  }
  return completion;
}

Completion CompleteWords(const CommandWords& command, const Words& typed, const AskRouter& ask) {
  const OptionWord* before = typed.empty() ? nullptr : FindOption(command, typed.back());
  if (before != nullptr && before->takes != OptionWord::Takes::kNothing) {
    return {.words = {}, .files = before->takes == OptionWord::Takes::kFile};
  }
  if (command.name == "ctl") return CompleteCtl(command, typed, ask);
  Completion completion{.words = {}, .files = command.files};
  for (const OptionWord& option : command.options) {
    completion.words.insert(completion.words.end(), option.names.begin(), option.names.end());
  }
  return completion;
}

}  // namespace

Completion Complete(const std::vector<std::string>& words, const AskRouter& ask) {
  if (words.empty()) return {};
  const std::string& last = words.back();
  const std::vector<CommandWords> commands = KnownCommands();
  Completion completion;
  if (words.size() == 1) {
    for (const CommandWords& command : commands) completion.words.push_back(command.name);
  } else {
    const auto command = std::ranges::find(commands, words[0], &CommandWords::name);
    if (command == commands.end()) return {};
    completion = CompleteWords(*command, Words(words.begin() + 1, words.end() - 1), ask);
  }
  std::erase_if(completion.words, [&last](const std::string& word) {
    return !word.starts_with(last) || (last.empty() && word.starts_with('-'));
  });
  std::ranges::sort(completion.words);
  completion.words.erase(std::unique(completion.words.begin(), completion.words.end()),
                         completion.words.end());
  return completion;
}

int PrintCompletion(const std::vector<std::string>& words) {
  const Completion completion =
      Complete(words, [](const std::string& socket, const std::string& line) {
        const AdminAnswer answer = AdminClient(socket).Ask(line);
        return answer.failed ? std::string() : answer.text;
      });
  if (completion.files) std::cout << ":files\n";
  for (const std::string& word : completion.words) std::cout << word << '\n';
  return kSuccess;
}

}  // namespace room_router::cli
