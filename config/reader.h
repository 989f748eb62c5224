// SPDX-License-Identifier: Apache-2.0
// One map of the file being read into a struct. A section's description (sections.h) names its keys
// once and is run with a Reader to load them and with a Writer (writer.h) to print them.
//
// Absent and null keys leave the target as it is, so defaults are what the struct already holds.
// What is wrong is reported with the path of the key and the place in the text; reading goes on.
// Finish() reports the keys nobody asked for. Lives only while one section is read.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/report.h"
#include "config/yaml_node.h"

namespace room_router::config {

class Reader {
 public:
  // `directory` is where relative paths of the file start.
  Reader(const YamlNode& map, std::string path, const std::string& directory, Report& report)
      : map_(map), path_(std::move(path)), directory_(directory), report_(report) {}

  const std::string& directory() const { return directory_; }

  template <class T, class Codec>
  void Scalar(std::string_view key, T& out, const Codec& codec) {
    if (const YamlNode* node = Take(key, YamlNode::Kind::kScalar))
      Parse(*node, PathOf(key), out, codec);
  }

  // A list of scalars; a single scalar stands for a list of one.
  template <class T, class Codec>
  void Scalars(std::string_view key, std::vector<T>& out, const Codec& codec) {
    const YamlNode* node = TakeListOrScalar(key);
    if (node == nullptr) return;
    out.clear();
    const bool list = node->kind == YamlNode::Kind::kList;
    const std::span<const YamlNode> items = list ? std::span(node->children) : std::span(node, 1);
    for (size_t i = 0; i < items.size(); ++i) {
      const std::string path = list ? JoinIndex(PathOf(key), i) : PathOf(key);
      T value{};
      if (IsItem(items[i], path, YamlNode::Kind::kScalar) && Parse(items[i], path, value, codec)) {
        out.push_back(std::move(value));
      }
    }
  }

  // A map of any keys to scalars, into a std::map or a vector of pairs.
  template <class Entries, class KeyCodec, class ValueCodec>
  void Map(std::string_view key, Entries& out, const KeyCodec& keys, const ValueCodec& values) {
    const YamlNode* node = Take(key, YamlNode::Kind::kMap);
    if (node == nullptr) return;
    out.clear();
    for (const YamlNode& child : node->children) {
      const std::string path = JoinKey(PathOf(key), child.key);
      std::pair<std::remove_const_t<typename Entries::value_type::first_type>,
                typename Entries::value_type::second_type>
          entry;
      const std::string problem = keys.Parse(child.key, entry.first);
      if (!problem.empty()) Complain(child.key_place, path, problem);
      if (!IsItem(child, path, YamlNode::Kind::kScalar)) continue;
      if (Parse(child, path, entry.second, values) && problem.empty()) {
        out.insert(out.end(), std::move(entry));
      }
    }
  }

  template <class Describe>
  void Section(std::string_view key, const Describe& describe) {
    const YamlNode* node = Take(key, YamlNode::Kind::kMap);
    if (node == nullptr) return;
    Reader inner(*node, PathOf(key), directory_, report_);
    describe(inner);
    inner.Finish();
  }

  // A list of maps: `describe(reader, item)` for each.
  template <class T, class Describe>
  void List(std::string_view key, std::vector<T>& out, const Describe& describe) {
    const YamlNode* node = Take(key, YamlNode::Kind::kList);
    if (node == nullptr) return;
    out.clear();
    for (size_t i = 0; i < node->children.size(); ++i) {
      const std::string path = JoinIndex(PathOf(key), i);
      if (!IsItem(node->children[i], path, YamlNode::Kind::kMap)) continue;
      Reader inner(node->children[i], path, directory_, report_);
      describe(inner, out.emplace_back());
      inner.Finish();
    }
  }

  // Rules over values read before. Nothing is said about a key that already has a mistake.
  void Require(bool holds, std::string_view key, const std::string& problem);
  // The same, about the map as a whole.
  void RequireHere(bool holds, const std::string& problem);
  // As Require, of what only time has changed.
  void RequireStill(bool holds, std::string_view key, const std::string& problem);
  void Advise(bool holds, std::string_view key, const std::string& message);

  // Whether a key of this map or of a section in it has a mistake.
  bool Failed(std::string_view key) const;
  void Finish();

 private:
  template <class T, class Codec>
  bool Parse(const YamlNode& node, const std::string& path, T& out, const Codec& codec) {
    const std::string problem = codec.Parse(node.text, out);
    if (!problem.empty()) Complain(node.place, path, problem);
    return problem.empty();
  }

  // The value of a key, nullptr when there is none to read; reports another kind of value.
  const YamlNode* Take(std::string_view key, YamlNode::Kind kind);
  const YamlNode* TakeListOrScalar(std::string_view key);
  bool IsItem(const YamlNode& node, const std::string& path, YamlNode::Kind kind);
  void Complain(const Place& place, const std::string& path, const std::string& problem);
  Place PlaceOf(std::string_view key) const;
  std::string PathOf(std::string_view key) const { return JoinKey(path_, key); }

  const YamlNode& map_;
  const std::string path_;
  const std::string& directory_;
  Report& report_;
  std::vector<std::string_view> known_;  // keys asked for; they are literals
};

}  // namespace room_router::config
