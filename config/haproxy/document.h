// SPDX-License-Identifier: Apache-2.0
// A room-router.yaml being written: keys with the directive each of them comes from, printed
// beside.
//
// Values are texts in which "${" begins a variable (see directive.h). Top-level keys come in the
// order of docs/configuration.md, others as they were set. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/haproxy/directive.h"

namespace room_router::config::haproxy {

struct Node {
  enum class Kind : uint8_t { kScalar, kList, kMap };
  Kind kind = Kind::kScalar;
  std::string key;
  std::string text;                 // of a scalar
  bool bare = false;                // a number or boolean, written without quotes
  const Directive* from = nullptr;  // where it comes from, if anywhere
  std::vector<Node> children;

  static Node Text(std::string key, std::string text, const Directive* from = nullptr);
  static Node Bare(std::string key, std::string text, const Directive* from = nullptr);
  static Node Map(std::vector<Node> children, const Directive* from = nullptr);
  Node* Find(std::string_view child);
};

class Document {
 public:
  using Path = std::initializer_list<std::string_view>;

  // Puts a value at a path whose last part is its key; returns the one it replaces, if any.
  Node Set(Path path, Node value);
  // Adds an item to a list.
  void Append(Path path, Node item);
  Node* Find(Path path);

  struct Removed {
    std::string path;  // "" = the message names nothing here
    const Directive* from = nullptr;
  };
  // Removes what a message of `check` begins with: the deepest key or item named there. Indices of
  // later items change.
  Removed RemoveNamed(std::string_view message);
  // Whether a message begins with a path.
  static bool Names(std::string_view message, std::string_view path);

  std::string Print() const;

 private:
  Node& Make(Path path, Node::Kind kind);

  Node root_{.kind = Node::Kind::kMap, .key = {}, .text = {}, .children = {}};
};

}  // namespace room_router::config::haproxy
