// SPDX-License-Identifier: Apache-2.0
// One line of a HAProxy configuration as words, cut as HAProxy 2.6 cuts them: '…' keeps all, "…"
// keeps blanks and fills in variables, \ escapes, # begins a comment even within a word.
//
// Variables stay: a word is a text that substitute.h would fill in, "${NAME}" or "${NAME:-default}"
// for a variable and "$${" for a plain "${". A line that ends with \ is not continued, neither
// there. Pure. Source: HAProxy's configuration manual, sections 2.2 and 2.3.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace room_router::config::haproxy {

// A text as comments and messages show it: on one line, UTF-8, without control characters.
std::string Printable(std::string text);

struct Word {
  std::string text;
  bool variable = false;  // some of it is known at run time only

  friend bool operator==(const Word& word, std::string_view other) { return word.text == other; }
};

struct Directive {
  std::string file;
  int line = 0, column = 0;
  size_t order = 0;  // among all directives
  std::vector<Word> words;

  // The n-th word, "" beyond the last.
  const std::string& At(size_t n) const;
  bool Begins(std::string_view first, std::string_view second = {}) const;
  // The words from `first` on, for messages: passwords masked, cut, printable, one line.
  std::string Show() const;
  // The file's name, without its folders, and the line.
  std::string Place() const;
};

// What a variable was set to by the configuration itself, in the form of Word::text.
using KnownVariables = std::function<std::optional<Word>(std::string_view)>;

struct LineProblem {
  size_t column = 0;  // from 1
  std::string message;
};

// Appends the words of one line (without its line feed).
std::optional<LineProblem> SplitLine(std::string_view line, const KnownVariables& known,
                                     std::vector<Word>& words);

}  // namespace room_router::config::haproxy
