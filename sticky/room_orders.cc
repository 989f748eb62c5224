// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_orders.h"

#include <string>
#include <utility>

namespace room_router {
namespace {

constexpr std::string_view kPins = "pin/", kBans = "ban/", kTakenBack = "none";

std::string CellOf(std::string_view prefix, const RuleSubject& subject) {
  return std::string(prefix).append(ToString(subject.scope)).append("/").append(subject.name);
}

std::optional<RuleSubject> SubjectOf(std::string_view prefix, std::string_view cell) {
  cell.remove_prefix(prefix.size());
  const size_t end = cell.find('/');
  if (end == std::string_view::npos) return std::nullopt;
  const auto scope = ReadRuleScope(cell.substr(0, end));
  if (!scope) return std::nullopt;
  return RuleSubject{*scope, std::string(cell.substr(end + 1))};
}

std::string Write(const PinTarget& target) {
  return std::string(ToString(target.kind)) + " " + target.name;
}

std::optional<PinTarget> ReadTarget(std::string_view value) {
  const size_t end = value.find(' ');
  if (end == std::string_view::npos) return std::nullopt;
  const auto kind = ReadPinKind(value.substr(0, end));
  if (!kind) return std::nullopt;
  return PinTarget{*kind, std::string(value.substr(end + 1))};
}

PinTarget TargetOf(const config::Pin& pin) {
  if (!pin.shard.empty()) return {PinTarget::Kind::kShard, pin.shard};
  if (!pin.release.empty()) return {PinTarget::Kind::kRelease, pin.release};
  return {PinTarget::Kind::kRegion, pin.region};
}

std::optional<RuleSubject> SubjectOf(const config::Pin& pin) {
  if (!pin.room.empty()) return Canonical(RuleScope::kRoom, pin.room);
  return Canonical(RuleScope::kTenant, pin.tenant);
}

std::optional<RuleSubject> SubjectOf(const config::Ban& ban) {
  if (!ban.room.empty()) return Canonical(RuleScope::kRoom, ban.room);
  if (!ban.prefix.empty()) return Canonical(RuleScope::kPrefix, ban.prefix);
  return Canonical(RuleScope::kTenant, ban.tenant);
}

// Lays the cells over the configured rules.
template <class Value, class Read>
void Overlay(const AdminCells& cells, std::string_view prefix, Read read, RuleSet<Value>& rules) {
  cells.ForEach(prefix, [&](const AdminCell& cell) {
    const auto subject = SubjectOf(prefix, cell.name);
    if (!subject) return;
    if (cell.value == kTakenBack) return rules.Remove(*subject);
    if (const auto value = read(cell.value)) rules.Set(*subject, *value);
  });
}

template <class Value>
bool Has(const RuleSet<Value>& rules, const RuleSubject& subject) {
  return rules.Of(subject.scope).contains(subject.name);
}

}  // namespace

void RoomOrders::Configure(const std::vector<config::Pin>& pins,
                           const std::vector<config::Ban>& bans) {
  configured_ = {};
  for (const config::Pin& pin : pins) {
    if (const auto subject = SubjectOf(pin)) configured_.pins.Set(*subject, TargetOf(pin));
  }
  for (const config::Ban& ban : bans) {
    const auto subject = SubjectOf(ban);
    const auto action = ReadBanAction(ban.action);
    if (subject && action) configured_.bans.Set(*subject, *action);
  }
}

bool RoomOrders::Pin(const RuleSubject& subject, const std::optional<PinTarget>& target,
                     TimePoint now) {
  return Order(CellOf(kPins, subject), target ? Write(*target) : "", Has(configured_.pins, subject),
               now);
}

bool RoomOrders::Ban(const RuleSubject& subject, std::optional<BanAction> action, TimePoint now) {
  return Order(CellOf(kBans, subject), action ? ToString(*action) : "",
               Has(configured_.bans, subject), now);
}

bool RoomOrders::Order(const std::string& cell, std::string_view value, bool configured,
                       TimePoint now) {
  if (!value.empty()) return cells_.Affirm(cell, value, now);
  return configured ? cells_.Affirm(cell, kTakenBack, now) : cells_.Remove(cell, now);
}

RoomRules RoomOrders::Rules() const {
  RoomRules rules = configured_;
  Overlay(cells_, kPins, ReadTarget, rules.pins);
  Overlay(cells_, kBans, ReadBanAction, rules.bans);
  return rules;
}

}  // namespace room_router
