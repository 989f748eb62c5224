// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/source.h"

#include <algorithm>
#include <array>
#include <map>

#include "config/report.h"
#include "config/suggest.h"

namespace room_router::config::haproxy {
namespace {

constexpr size_t kMostMistakes = 100;
constexpr std::array<std::string_view, 19> kSections{
    "global",  "defaults", "frontend", "backend",     "listen",      "peers", "resolvers",
    "program", "userlist", "cache",    "http-errors", "mailers",     "ring",  "log-forward",
    "traces",  "fcgi-app", "acme",     "crt-store",   "log-profile",
};
constexpr std::array<std::string_view, 8> kNamed{"frontend", "backend",  "listen",      "peers",
                                                 "program",  "userlist", "http-errors", "cache"};

template <size_t kCount>
bool IsOneOf(std::string_view word, const std::array<std::string_view, kCount>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class SourceReader {
 public:
  explicit SourceReader(Source& source) : source_(source) {}

  void ReadFile(const InputFile& file) {
    file_ = &file;
    line_ = 0;
    in_section_ = false;
    bytes_ += file.text.size();
    if (bytes_ > kMaxBytes)
      return Complain(0, "more than 4 MiB of configuration; name fewer files");
    if (file.text.find('\0') != std::string::npos) {
      return Complain(0, "holds NUL bytes; name a HAProxy configuration, which is text");
    }
    std::string_view rest = file.text;
    while (!rest.empty() && source_.mistakes.size() < kMostMistakes &&
           source_.sections.size() <= kMaxSections) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      ++line_;
      ReadLine(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

 private:
  void ReadLine(std::string_view line) {
    if (line.size() > kMaxLine) return Complain(1, "longer than 64 KiB; shorten it");
    const size_t start = line.find_first_not_of(" \t\r\v\f");
    if (start == std::string_view::npos || line[start] == '#') return;
    Directive directive{.file = file_->name, .line = line_, .column = static_cast<int>(start) + 1};
    const auto problem = SplitLine(
        line, [this](auto name) { return Known(name); }, directive.words);
    if (problem) return Complain(static_cast<int>(problem->column), problem->message);
    if (directive.words.empty()) return;
    directive.order = count_++;
    if (count_ == kMaxDirectives) return Complain(0, "more than 50,000 directives; shorten it");
    if (count_ < kMaxDirectives) Add(std::move(directive));
  }

  void Add(Directive directive) {
    const std::string& word = directive.At(0);
    if (word.starts_with('.')) {
      return Complain(directive.column, Quote(word) +
                                            ": conditions are not evaluated here; keep the lines "
                                            "that apply and remove this one");
    }
    if (IsOneOf(word, kSections)) {
      if (directive.words.size() == 1 && IsOneOf(word, kNamed)) {
        Complain(directive.column, word + " needs a name; write it behind");
      }
      if (source_.sections.size() == kMaxSections) {
        Complain(0, "more than 1,000 sections; import less at once");
      }
      in_section_ = true;
      source_.sections.push_back({.head = std::move(directive), .directives = {}});
    } else if (!in_section_) {
      Complain(directive.column, Quote(word) + " is not in any section; begin with one, such as " +
                                     "global or defaults" + DidYouMean(word));
    } else {
      Remember(directive);
      source_.sections.back().directives.push_back(std::move(directive));
    }
  }

  static std::string DidYouMean(std::string_view word) {
    const std::string_view nearest = Suggest(word, kSections);
    return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
  }

  void Remember(const Directive& directive) {
    if (directive.words.size() != 3 || source_.sections.back().kind() != "global") return;
    const Word& value = directive.words[2];
    if (directive.Begins("setenv")) variables_[directive.At(1)] = value;
    if (!directive.Begins("presetenv") || variables_.contains(directive.At(1))) return;
    variables_[directive.At(1)] = {.text = "${" + directive.At(1) + ":-" + value.text + "}",
                                   .variable = true};
  }

  std::optional<Word> Known(std::string_view name) const {
    if (name == ".FILE") return Word{.text = file_->name};
    if (name == ".LINE") return Word{.text = std::to_string(line_)};
    if (name == ".SECTION") {
      return Word{.text = in_section_ ? source_.sections.back().name() : std::string()};
    }
    if (name == "HAPROXY_LOCALPEER") return Word{.text = "${HOSTNAME}", .variable = true};
    const auto known = variables_.find(std::string(name));
    return known == variables_.end() ? std::nullopt : std::optional<Word>(known->second);
  }

  void Complain(int column, std::string message) {
    source_.mistakes.push_back({.file = file_->name,
                                .line = column == 0 ? 0 : line_,
                                .column = column,
                                .message = Printable(std::move(message))});
  }

  Source& source_;
  const InputFile* file_ = nullptr;
  int line_ = 0;
  bool in_section_ = false;
  size_t bytes_ = 0, count_ = 0;
  std::map<std::string, Word> variables_;
};

}  // namespace

bool Section::IsProxy() const {
  return kind() == "listen" || kind() == "frontend" || kind() == "backend";
}

std::string Section::From() const {
  for (size_t n = 1; n + 1 < head.words.size(); ++n) {
    if (head.words[n] == "from") return head.words[n + 1].text;
  }
  return "";
}

Source ReadSource(std::span<const InputFile> files) {
  Source source;
  SourceReader reader(source);
  for (const InputFile& file : files) reader.ReadFile(file);
  return source;
}

}  // namespace room_router::config::haproxy
