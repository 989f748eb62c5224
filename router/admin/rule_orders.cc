// SPDX-License-Identifier: Apache-2.0
#include "router/admin/rule_orders.h"

#include <algorithm>
#include <variant>

#include "router/admin/show_table.h"

namespace room_router::admin {
namespace {

constexpr size_t kMaxTarget = 63;  // bytes, of the name of a shard, release or region

RuleOutcome Read(const RuleWords& words) {
  const auto scope = ReadRuleScope(words.scope);
  if (!scope || words.name.empty()) return {.end = RuleEnd::kUsage};
  auto subject = Canonical(*scope, words.name);
  if (!subject) return {.end = RuleEnd::kNoRoom};
  return {.subject = *std::move(subject)};
}

template <class Value>
bool Has(const RuleSet<Value>& rules, const RuleSubject& subject) {
  return rules.Of(subject.scope).contains(subject.name);
}

std::string Advice(const PinTarget& target, const AdminSources& sources) {
  const ShardSetPtr shards = sources.shards();
  const auto has = [&target](const Shard& shard) { return target.Has(shard); };
  if (std::ranges::any_of(shards->shards, has)) return "";
  return "No shard is of " + std::string(ToString(target.kind)) + " " + EscapeKey(target.name) +
         " now; the pin counts when there is one.";
}

}  // namespace

RuleOutcome OrderPin(const RuleWords& words, const AdminSources& sources) {
  RuleOutcome outcome = Read(words);
  if (outcome.end != RuleEnd::kDone) return outcome;
  const auto kind = ReadPinKind(words.kind);
  const bool length = !words.value.empty() && words.value.size() <= kMaxTarget;
  if (outcome.subject.scope == RuleScope::kPrefix || !kind || !length) {
    return {.end = RuleEnd::kUsage};
  }
  const PinTarget target{*kind, std::string(words.value)};
  if (!sources.pin || !sources.pin(outcome.subject, target)) {
    outcome.end = RuleEnd::kTooMany;
  } else {
    outcome.advice = Advice(target, sources);
  }
  return outcome;
}

RuleOutcome OrderUnpin(const RuleWords& words, const AdminSources& sources) {
  RuleOutcome outcome = Read(words);
  if (outcome.end != RuleEnd::kDone) return outcome;
  if (!sources.rules || !Has(sources.rules()->pins, outcome.subject)) {
    outcome.end = RuleEnd::kAbsent;
  } else if (!sources.pin(outcome.subject, std::nullopt)) {
    outcome.end = RuleEnd::kTooMany;
  }
  return outcome;
}

RuleOutcome OrderBan(const RuleWords& words, const AdminSources& sources) {
  RuleOutcome outcome = Read(words);
  if (outcome.end != RuleEnd::kDone) return outcome;
  const auto action = words.kind.empty() ? BanAction::kRedirect : ReadBanAction(words.kind);
  if (!action) return {.end = RuleEnd::kUsage};
  if (!sources.ban || !sources.ban(outcome.subject, action)) outcome.end = RuleEnd::kTooMany;
  return outcome;
}

RuleOutcome OrderUnban(const RuleWords& words, const AdminSources& sources) {
  RuleOutcome outcome = Read(words);
  if (outcome.end != RuleEnd::kDone) return outcome;
  if (!sources.rules || !Has(sources.rules()->bans, outcome.subject)) {
    outcome.end = RuleEnd::kAbsent;
  } else if (!sources.ban(outcome.subject, std::nullopt)) {
    outcome.end = RuleEnd::kTooMany;
  }
  return outcome;
}

}  // namespace room_router::admin
