// SPDX-License-Identifier: Apache-2.0
#include "router/admin/cli_line.h"

#include <optional>

namespace room_router::admin {
namespace {

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// Removes the escape after a backslash from `rest` and appends what it stands for.
void TakeEscape(std::string_view& rest, std::string& word) {
  constexpr std::string_view kLetters = "tnre", kNamed = "\t\n\r\x1b";
  if (rest.empty()) {
    word += '\\';
    return;
  }
  const char c = rest.front();
  rest.remove_prefix(1);
  const size_t named = kLetters.find(c);
  if (named != std::string_view::npos) {
    word += kNamed[named];
    return;
  }
  if (c == 'x' && rest.size() >= 2 && HexDigit(rest[0]) && HexDigit(rest[1])) {
    word += static_cast<char>(*HexDigit(rest[0]) * 16 + *HexDigit(rest[1]));
    rest.remove_prefix(2);
    return;
  }
  word += c;
}

// Up to the closing quote, which is removed, or the end.
void TakeQuoted(std::string_view& rest, char quote, std::string& word) {
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == quote) return;
    if (c == '\\' && quote == '"') {
      TakeEscape(rest, word);
    } else {
      word += c;
    }
  }
}

std::string TakeWord(std::string_view& rest) {
  std::string word;
  const char first = rest.front();
  if ((first == '"' || first == '\'') && rest.find(first, 1) != std::string_view::npos) {
    rest.remove_prefix(1);
    TakeQuoted(rest, first, word);
  }
  while (!rest.empty()) {
    const char c = rest.front();
    if (c == ' ' || c == '\t' || c == ';') break;
    rest.remove_prefix(1);
    if (c == '\\') {
      TakeEscape(rest, word);
    } else {
      word += c;
    }
  }
  return word;
}

}  // namespace

std::vector<CliWords> SplitLine(std::string_view line) {
  std::vector<CliWords> commands;
  CliWords words;
  const auto end_command = [&] {
    if (!words.empty()) commands.push_back(std::move(words));
    words.clear();
  };
  while (!line.empty()) {
    const char c = line.front();
    if (c == ' ' || c == '\t') {
      line.remove_prefix(1);
    } else if (c == ';') {
      end_command();
      line.remove_prefix(1);
    } else {
      words.push_back(TakeWord(line));
    }
  }
  end_command();
  return commands;
}

}  // namespace room_router::admin
