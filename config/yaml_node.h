// SPDX-License-Identifier: Apache-2.0
// A YAML document as a plain tree in which every node knows the file, line and column it came from.
//
// Built by yaml_tree.h, changed by substitute.h and merge, read by reader.h. Scalars are text: what
// type a text has is decided by the key it stands for, so `off`, `0600` and `5142` stay as written.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace room_router::config {

struct Place {
  int file = -1;             // index into Report's files
  int line = 0, column = 0;  // from 1; columns count bytes; 0 = no place in the text
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct YamlNode {
  enum class Kind : uint8_t {
    kNull,  // `key:` or `~`: as if the key were absent
    kScalar,
    kList,
    kMap,
    kBroken  // a mistake about it is already reported; readers pass over it
  };
  Kind kind = Kind::kNull;
  Place place;
  std::string text;  // kScalar
  std::string key;   // of a child of a map
  Place key_place;
  std::vector<YamlNode> children;  // kList, kMap; the keys of a map are distinct

  const YamlNode* Find(const std::string& child_key) const {
    for (const YamlNode& child : children) {
      if (child.key == child_key) return &child;
    }
    return nullptr;
  }
};

}  // namespace room_router::config
