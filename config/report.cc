// SPDX-License-Identifier: Apache-2.0
#include "config/report.h"

#include <algorithm>

namespace room_router::config {
namespace {

constexpr size_t kExcerpt = 48;  // bytes

std::string Excerpt(std::string_view text) {
  size_t size = std::min(text.size(), kExcerpt);
  // A cut never splits a UTF-8 sequence.
  while (size < text.size() && size > 0 &&
         (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  std::string excerpt;
  for (const char c : text.substr(0, size)) {
    const auto byte = static_cast<unsigned char>(c);
    excerpt += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return excerpt + (size < text.size() ? "…" : "");
}

}  // namespace

std::string Quote(std::string_view text) { return '"' + Excerpt(text) + '"'; }

std::string JoinKey(const std::string& path, std::string_view key) {
  return path.empty() ? Excerpt(key) : path + "." + Excerpt(key);
}

std::string JoinIndex(const std::string& path, size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string Mistake::ToString() const {
  if (line == 0) return file.empty() ? message : file + ": " + message;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

int Report::AddFile(std::string name) {
  files_.push_back(std::move(name));
  return static_cast<int>(files_.size()) - 1;
}

void Report::Add(Entry mistake) {
  if (mistakes_.size() == kLimit) {
    ++dropped_;
    return;
  }
  mistakes_.push_back(std::move(mistake));
}

void Report::Mistake(const Place& place, std::string message) { Add({place, std::move(message)}); }

void Report::Mistake(const Place& place, const std::string& path, const std::string& problem) {
  if (mistakes_.size() < kLimit) paths_.insert(path);
  Mistake(place, path.empty() ? problem : path + ": " + problem);
}

void Report::Overdue(const Place& place, const std::string& path, const std::string& problem) {
  Add({place, path + ": " + problem, true});
}

bool Report::HasMistakeBelow(const std::string& path) const {
  if (path.empty()) return !mistakes_.empty();
  const auto begins = [this](const std::string& prefix) {
    const auto next = paths_.lower_bound(prefix);
    return next != paths_.end() && next->starts_with(prefix);
  };
  return paths_.contains(path) || begins(path + ".") || begins(path + "[");
}

void Report::Warning(const Place& place, std::string message) {
  if (warnings_.size() < kLimit) warnings_.push_back({place, std::move(message)});
}

std::vector<config::Mistake> Report::Sorted(std::vector<Entry>& entries) const {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.place < b.place; });
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  std::vector<config::Mistake> sorted;
  for (Entry& entry : entries) {
    const Place& place = entry.place;
    const bool known = place.file >= 0 && static_cast<size_t>(place.file) < files_.size();
    sorted.push_back({.file = known ? files_[static_cast<size_t>(place.file)] : "",
                      .line = place.line,
                      .column = place.column,
                      .message = std::move(entry.message),
                      .overdue = entry.overdue});
  }
  return sorted;
}

bool Loaded::usable() const { return std::ranges::all_of(mistakes, &config::Mistake::overdue); }

void Report::MoveTo(Loaded& loaded) {
  loaded.mistakes = Sorted(mistakes_);
  loaded.warnings = Sorted(warnings_);
  if (dropped_ > 0) {
    loaded.mistakes.push_back(
        {.file = files_.empty() ? "" : files_.front(),
         .message = "and " + std::to_string(dropped_) + " more mistakes, not shown"});
  }
}

}  // namespace room_router::config
