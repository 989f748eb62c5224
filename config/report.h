// SPDX-License-Identifier: Apache-2.0
// Collects the mistakes and warnings of one loading run, so that all of them are told at once.
//
// Owns the names of the files a Place refers to. At most kLimit mistakes are kept; the rest is
// counted and said in one line. Messages never hold more than a short excerpt of a value.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"
#include "config/yaml_node.h"

namespace room_router::config {

// A value as messages show it: quoted, cut, without control characters.
std::string Quote(std::string_view text);

// Paths of keys as messages show them: "timeouts.connect", "listeners[0]".
std::string JoinKey(const std::string& path, std::string_view key);
std::string JoinIndex(const std::string& path, size_t index);

class Report {
 public:
  static constexpr size_t kLimit = 1000;

  int AddFile(std::string name);
  void Mistake(const Place& place, std::string message);
  // The same about a key; its path is remembered.
  void Mistake(const Place& place, const std::string& path, const std::string& problem);
  // Of a key; it may be read on as if there were none.
  void Overdue(const Place& place, const std::string& path, const std::string& problem);
  bool HasMistakeBelow(const std::string& path) const;
  void Warning(const Place& place, std::string message);
  bool empty() const { return mistakes_.empty(); }

  // In file order, without repetitions (an alias can report the same place twice).
  void MoveTo(Loaded& loaded);

 private:
  struct Entry {
    Place place;
    std::string message;
    bool overdue = false;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  void Add(Entry mistake);
  std::vector<config::Mistake> Sorted(std::vector<Entry>& entries) const;

  std::vector<std::string> files_;
  std::vector<Entry> mistakes_, warnings_;
  std::set<std::string> paths_;  // of keys with mistakes
  size_t dropped_ = 0;
};

}  // namespace room_router::config
