// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/directive.h"

#include <algorithm>

#include "config/utf8.h"

namespace room_router::config::haproxy {
namespace {

constexpr size_t kMostWords = 1024, kLongestShown = 160;
constexpr std::string_view kMask = "***";

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

bool IsNameCharacter(char c) { return IsNameStart(c) || (c >= '0' && c <= '9'); }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class LineReader {
 public:
  LineReader(std::string_view line, const KnownVariables& known, std::vector<Word>& words)
      : line_(line), known_(known), words_(words) {}

  std::optional<LineProblem> Read() {
    while (at_ < line_.size() && problem_.empty()) {
      const char c = line_[at_];
      if (quote_ == 0 && c == '#') break;
      if (quote_ == 0 && IsBlank(c)) {
        EndWord();
        ++at_;
      } else {
        ReadInWord(c);
      }
      if (words_.size() > kMostWords) problem_ = "more than 1024 words on one line; shorten it";
    }
    if (problem_.empty() && quote_ != 0) {
      at_ = quote_at_;
      problem_ = std::string("this ") + quote_ + " is never closed; close it or write \\" + quote_;
    }
    if (!problem_.empty()) return LineProblem{.column = at_ + 1, .message = problem_};
    EndWord();
    return std::nullopt;
  }

 private:
  void ReadInWord(char c) {
    in_word_ = true;
    const char other = c == '"' ? '\'' : '"';
    if ((c == '"' || c == '\'') && quote_ != other) {
      quote_ = quote_ == 0 ? c : '\0';
      quote_at_ = at_++;
    } else if (c == '\\' && quote_ != '\'') {
      ReadEscape();
    } else if (c == '$' && quote_ == '"') {
      ReadVariable();
    } else {
      Append(c);
      ++at_;
    }
  }

  void ReadEscape() {
    const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
    constexpr std::string_view kLetters = "tnr", kMeanings = "\t\n\r";
    if (next != '\0' && std::string_view(" \t\\#\"'$").find(next) != std::string_view::npos) {
      Append(next);
      at_ += 2;
    } else if (const size_t letter = kLetters.find(next);
               next != '\0' && letter != std::string_view::npos) {
      Append(kMeanings[letter]);
      at_ += 2;
    } else if (next == 'x') {
      const int high = at_ + 2 < line_.size() ? HexDigit(line_[at_ + 2]) : -1;
      const int low = at_ + 3 < line_.size() ? HexDigit(line_[at_ + 3]) : -1;
      if (high < 0 || low < 0) {
        problem_ = "\\x needs two hexadecimal digits";
        return;
      }
      Append(static_cast<char>(high * 16 + low));
      at_ += 4;
    } else {
      Append('\\');
      ++at_;
    }
  }

  void ReadVariable() {
    size_t end = at_ + 1;
    const bool braces = end < line_.size() && line_[end] == '{';
    const size_t start = end += braces ? 1 : 0;
    while (end < line_.size() && IsNameCharacter(line_[end])) ++end;
    const std::string name(line_.substr(start, end - start));
    if (name.empty() || !IsNameStart(name[0])) {
      problem_ = "$ begins a variable's name here; write \\$ for a dollar sign";
      return;
    }
    std::string fallback;
    if (braces) {
      const size_t close = line_.find('}', end);
      if (close == std::string_view::npos) {
        problem_ = "${ without }; close it";
        return;
      }
      const std::string_view rest = line_.substr(end, close - end);
      if (!rest.empty() && rest[0] != '-') {
        problem_ = "${" + name + std::string(rest) + "} stands for several words; write them here";
        return;
      }
      if (!rest.empty()) fallback = ":" + std::string(rest);
      end = close + 1;
    }
    at_ = end;
    Fill(name, fallback);
  }

  void Fill(const std::string& name, const std::string& fallback) {
    if (plain_dollar_) problem_ = "a dollar sign before a variable cannot be carried over";
    const std::optional<Word> value = known_ ? known_(name) : std::nullopt;
    word_.text += value ? value->text : "${" + name + fallback + "}";
    word_.variable = word_.variable || !value || value->variable;
    plain_dollar_ = false;
  }

  void Append(char c) {
    if (c == '{' && plain_dollar_) word_.text += '$';
    plain_dollar_ = c == '$';
    word_.text += c;
  }

  void EndWord() {
    if (in_word_) words_.push_back(std::move(word_));
    word_ = {};
    in_word_ = plain_dollar_ = false;
  }

  std::string_view line_;
  const KnownVariables& known_;
  std::vector<Word>& words_;
  Word word_;
  std::string problem_;
  size_t at_ = 0, quote_at_ = 0;
  char quote_ = 0;
  bool in_word_ = false, plain_dollar_ = false;
};

// From which word on the words are secrets.
size_t SecretsFrom(const Directive& directive) {
  if (directive.Begins("stats", "auth")) return 2;
  if (directive.Begins("user") && directive.words.size() > 2) return 3;
  if (directive.Begins("http-request", "auth")) return 2;
  return directive.words.size();
}

}  // namespace

std::string Printable(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  size_t start = 0;
  while (const auto bad = FindBadUtf8(std::string_view(text).substr(start))) {
    start += *bad;
    text[start] = '?';
  }
  return text;
}

const std::string& Directive::At(size_t n) const {
  static const std::string kNone;
  return n < words.size() ? words[n].text : kNone;
}

bool Directive::Begins(std::string_view first, std::string_view second) const {
  return At(0) == first && (second.empty() || At(1) == second);
}

std::string Directive::Place() const {
  return Printable(file.substr(file.rfind('/') + 1)) + ":" + std::to_string(line);
}

std::string Directive::Show() const {
  std::string shown;
  const size_t secrets = SecretsFrom(*this);
  for (size_t n = 0; n < words.size() && shown.size() <= kLongestShown; ++n) {
    if (n > 0) shown += ' ';
    shown += n < secrets ? std::string_view(words[n].text) : kMask;
  }
  const bool cut = shown.size() > kLongestShown;
  size_t size = std::min(shown.size(), kLongestShown);
  while (cut && size > 0 && (static_cast<unsigned char>(shown[size]) & 0xC0) == 0x80) --size;
  shown.resize(size);
  shown = Printable(std::move(shown));
  return cut ? shown + " ..." : shown;
}

std::optional<LineProblem> SplitLine(std::string_view line, const KnownVariables& known,
                                     std::vector<Word>& words) {
  return LineReader(line, known, words).Read();
}

}  // namespace room_router::config::haproxy
