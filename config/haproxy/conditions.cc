// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/conditions.h"

#include <algorithm>

namespace room_router::config::haproxy {
namespace {

constexpr size_t kMostPatterns = 1000;  // of one rule

size_t ConditionStart(const Directive& rule) {
  size_t n = 1;
  while (n < rule.words.size() && rule.words[n].text != "if" && rule.words[n].text != "unless") ++n;
  return n;
}

// "/Room", "/tenant/Room" as "Room", "[tenant]Room"; a path that ends with "/" is a tenant's.
std::optional<RoomPattern> FromPath(std::string_view path, bool beginning) {
  using Kind = RoomPattern::Kind;
  if (!path.starts_with('/') || path.size() < 2) return std::nullopt;
  path.remove_prefix(1);
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) {
    return RoomPattern{.kind = beginning ? Kind::kPrefix : Kind::kRoom, .name = std::string(path)};
  }
  const std::string tenant(path.substr(0, slash)), room(path.substr(slash + 1));
  if (room.find('/') != std::string::npos) return std::nullopt;
  if (room.empty()) {
    return beginning ? std::optional(RoomPattern{.kind = Kind::kTenant, .name = tenant})
                     : std::nullopt;
  }
  return RoomPattern{.kind = beginning ? Kind::kPrefix : Kind::kRoom,
                     .name = "[" + tenant + "]" + room};
}

}  // namespace

Conditions::Conditions(const std::vector<const Directive*>& directives, const RoomSource& room)
    : room_(room) {
  for (const Directive* one : directives) {
    if (one->At(0) == "acl") acls_.emplace(one->At(1), one);
  }
}

bool Conditions::IsIn(const Directive& rule) { return ConditionStart(rule) < rule.words.size(); }

std::optional<std::vector<RoomPattern>> Conditions::Read(const Directive& rule) const {
  const size_t start = ConditionStart(rule);
  if (rule.At(start) != "if") return std::nullopt;
  Patterns all;
  bool expects_term = true;
  for (size_t n = start + 1; n < rule.words.size(); ++n) {
    const std::string& word = rule.words[n].text;
    const bool is_or = word == "or" || word == "||";
    if (is_or == expects_term) return std::nullopt;
    expects_term = is_or;
    if (is_or) continue;
    std::vector<std::optional<Patterns>> found;
    if (word == "{") {
      const auto close = std::find(rule.words.begin() + static_cast<ptrdiff_t>(n), rule.words.end(),
                                   std::string_view("}"));
      const auto end = static_cast<size_t>(close - rule.words.begin());
      found.push_back(ReadTest(rule.words, n + 1, end));
      n = end;
    } else {
      const auto [first, last] = acls_.equal_range(word);
      for (auto acl = first; acl != last; ++acl) {
        found.push_back(ReadTest(acl->second->words, 2, acl->second->words.size()));
      }
    }
    if (found.empty()) return std::nullopt;
    for (const auto& patterns : found) {
      if (!patterns) return std::nullopt;
      all.insert(all.end(), patterns->begin(), patterns->end());
      if (all.size() > kMostPatterns) return std::nullopt;
    }
  }
  return all.empty() ? std::nullopt : std::optional(all);
}

std::vector<std::string> Conditions::AclsOf(const Directive& rule) {
  std::vector<std::string> names;
  for (size_t n = ConditionStart(rule) + 1; n < rule.words.size(); ++n) {
    const std::string& word = rule.words[n].text;
    names.push_back(word.starts_with('!') ? word.substr(1) : word);
  }
  return names;
}

std::optional<std::vector<RoomPattern>> Conditions::ReadTest(const std::vector<Word>& words,
                                                             size_t first, size_t end) const {
  if (first >= end) return std::nullopt;
  const std::string& fetch = words[first].text;
  const bool by_path = fetch == "path" || fetch == "path_beg" || fetch == "path,lower";
  if (!by_path && !room_.IsIn(fetch)) return std::nullopt;
  bool beginning = fetch == "path_beg" || fetch.ends_with("_beg");
  size_t n = first + 1;
  for (; n < end && words[n].text.starts_with('-'); ++n) {
    const std::string& flag = words[n].text;
    if (flag == "-m") {
      const std::string how = n + 1 < end ? words[n + 1].text : "";
      if (how != "str" && how != "beg") return std::nullopt;
      beginning = beginning || how == "beg";
      ++n;
    } else if (flag != "-i" && flag != "--") {
      return std::nullopt;
    }
  }
  Patterns patterns;
  for (; n < end; ++n) {
    std::optional<RoomPattern> pattern =
        by_path
            ? FromPath(words[n].text, beginning)
            : RoomPattern{.kind = beginning ? RoomPattern::Kind::kPrefix : RoomPattern::Kind::kRoom,
                          .name = words[n].text};
    if (!pattern || pattern->name.empty() || words[n].variable) return std::nullopt;
    patterns.push_back(std::move(*pattern));
  }
  return patterns.empty() ? std::nullopt : std::optional(patterns);
}

}  // namespace room_router::config::haproxy
