// SPDX-License-Identifier: Apache-2.0
// Pins and bans: which rooms belong on certain shards, and which are refused.
//
// An immutable set, built by sticky/room_orders from configuration and operators' orders. Names are
// canonical (room_key.h). A rule for a room goes before one for the beginning of its name, that
// before one for its tenant; of several beginnings the longest counts. A beginning without a tenant
// means the rooms of all tenants. Lookups are O(log rules) and allocate nothing.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "discovery/shard_set.h"
#include "sticky/room_key.h"

namespace room_router {

struct PinTarget {
  enum class Kind : uint8_t { kShard, kRelease, kRegion } kind = Kind::kShard;
  std::string name;

  bool Has(const Shard& shard) const;
  friend auto operator<=>(const PinTarget&, const PinTarget&) = default;
};

// kRedirect sends pages to "/" and refuses the rest.
enum class BanAction : uint8_t { kRedirect, kRefuse };

enum class RuleScope : uint8_t { kRoom, kPrefix, kTenant };

// What a rule is about, as in configuration and commands: "room", "prefix", "tenant" and a name.
struct RuleSubject {
  RuleScope scope = RuleScope::kRoom;
  std::string name;
  friend auto operator<=>(const RuleSubject&, const RuleSubject&) = default;
};

std::string_view ToString(RuleScope scope);
std::string_view ToString(PinTarget::Kind kind);
std::string_view ToString(BanAction action);
std::optional<RuleScope> ReadRuleScope(std::string_view word);
std::optional<PinTarget::Kind> ReadPinKind(std::string_view word);
std::optional<BanAction> ReadBanAction(std::string_view word);

// The subject with its name as rules spell it; nullopt when it names nothing.
std::optional<RuleSubject> Canonical(RuleScope scope, std::string_view typed);

template <class Value>
class RuleSet {
 public:
  using Names = std::map<std::string, Value, std::less<>>;

  void Set(const RuleSubject& subject, Value value) { In(subject.scope)[subject.name] = value; }
  void Remove(const RuleSubject& subject) { In(subject.scope).erase(subject.name); }
  bool empty() const { return size() == 0; }
  size_t size() const { return scopes_[0].size() + scopes_[1].size() + scopes_[2].size(); }
  const Names& Of(RuleScope scope) const { return scopes_[static_cast<size_t>(scope)]; }

  // Null when no rule is about this room.
  const Value* Find(const RoomRequest& room) const {
    if (const auto it = Of(RuleScope::kRoom).find(room.canonical); it != Of(RuleScope::kRoom).end())
      return &it->second;
    if (const Value* value = FindPrefix(room.canonical)) return value;
    if (const Value* value = FindPrefix(room.room)) return value;
    const auto it = Of(RuleScope::kTenant).find(room.tenant);
    return it == Of(RuleScope::kTenant).end() ? nullptr : &it->second;
  }

  friend bool operator==(const RuleSet&, const RuleSet&) = default;

 private:
  Names& In(RuleScope scope) { return scopes_[static_cast<size_t>(scope)]; }

  // The last name not after `name` is its beginning, or shares a shorter one with it.
  const Value* FindPrefix(std::string_view name) const {
    const Names& prefixes = Of(RuleScope::kPrefix);
    while (!prefixes.empty()) {
      auto it = prefixes.upper_bound(name);
      if (it == prefixes.begin()) return nullptr;
      --it;
      if (name.starts_with(it->first)) return &it->second;
      const auto common = std::ranges::mismatch(name, it->first).in1 - name.begin();
      name = name.substr(0, static_cast<size_t>(common));
    }
    return nullptr;
  }

  std::array<Names, 3> scopes_;  // index = RuleScope
};

struct RoomRules {
  RuleSet<PinTarget> pins;
  RuleSet<BanAction> bans;
  friend bool operator==(const RoomRules&, const RoomRules&) = default;
};

using RoomRulesPtr = std::shared_ptr<const RoomRules>;

}  // namespace room_router
