// SPDX-License-Identifier: Apache-2.0
// The conditions of rules: which rooms, beginnings of names or tenants one consists of, when it
// consists of nothing else.
//
// Reads `if A || B`, `if { … }` over acl lines that match the room or the path with literal
// patterns. Anything else (negations, conjunctions, files, maps, other fetches) is not read. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/haproxy/choice.h"

namespace room_router::config::haproxy {

struct RoomPattern {
  enum class Kind : uint8_t { kRoom, kPrefix, kTenant } kind = Kind::kRoom;
  std::string name;
};

class Conditions {
 public:
  // The acl lines of these directives.
  Conditions(const std::vector<const Directive*>& directives, const RoomSource& room);

  // Whether the rule has an `if` or `unless` at all.
  static bool IsIn(const Directive& rule);
  // The patterns its condition consists of; nullopt when it is more than that.
  std::optional<std::vector<RoomPattern>> Read(const Directive& rule) const;
  // The words of a rule's condition, acl names among them, without "!".
  static std::vector<std::string> AclsOf(const Directive& rule);

 private:
  using Patterns = std::vector<RoomPattern>;
  std::optional<Patterns> ReadTest(const std::vector<Word>& words, size_t first, size_t end) const;

  std::multimap<std::string, const Directive*> acls_;
  const RoomSource& room_;
};

}  // namespace room_router::config::haproxy
