// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_rules.h"

#include <utility>

namespace room_router {
namespace {

template <class Value>
using Word = std::pair<std::string_view, Value>;

constexpr std::array<Word<RuleScope>, 3> kScopes{
    {{"room", RuleScope::kRoom}, {"prefix", RuleScope::kPrefix}, {"tenant", RuleScope::kTenant}}};
constexpr std::array<Word<PinTarget::Kind>, 3> kKinds{{{"shard", PinTarget::Kind::kShard},
                                                       {"release", PinTarget::Kind::kRelease},
                                                       {"region", PinTarget::Kind::kRegion}}};
constexpr std::array<Word<BanAction>, 2> kActions{
    {{"redirect", BanAction::kRedirect}, {"403", BanAction::kRefuse}}};

template <class Value, size_t kCount>
std::optional<Value> Read(const std::array<Word<Value>, kCount>& words, std::string_view text) {
  const auto found = std::ranges::find(words, text, &Word<Value>::first);
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

template <class Value, size_t kCount>
std::string_view Write(const std::array<Word<Value>, kCount>& words, Value value) {
  return std::ranges::find(words, value, &Word<Value>::second)->first;
}

}  // namespace

bool PinTarget::Has(const Shard& shard) const {
  switch (kind) {
    case Kind::kShard:
      return shard.name == name;
    case Kind::kRelease:
      return shard.release == name;
    case Kind::kRegion:
      return shard.region == name;
  }
  return false;
}

std::string_view ToString(RuleScope scope) { return Write(kScopes, scope); }
std::string_view ToString(PinTarget::Kind kind) { return Write(kKinds, kind); }
std::string_view ToString(BanAction action) { return Write(kActions, action); }
std::optional<RuleScope> ReadRuleScope(std::string_view word) { return Read(kScopes, word); }
std::optional<PinTarget::Kind> ReadPinKind(std::string_view word) { return Read(kKinds, word); }
std::optional<BanAction> ReadBanAction(std::string_view word) { return Read(kActions, word); }

std::optional<RuleSubject> Canonical(RuleScope scope, std::string_view typed) {
  RuleSubject subject{.scope = scope, .name = {}};
  if (scope == RuleScope::kTenant) {
    const RoomError error = NormaliseTenant(typed, NameSource::kPath, subject.name);
    if (error != RoomError::kNone || subject.name.empty()) return std::nullopt;
    return subject;
  }
  static const RoomKeyReader reader{config::RoomKey{}};
  RoomRequest room;
  reader.ReadTyped(typed, room);
  if (!room.has_key) return std::nullopt;
  subject.name = room.canonical;
  return subject;
}

}  // namespace room_router
