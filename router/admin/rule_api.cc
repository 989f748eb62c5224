// SPDX-License-Identifier: Apache-2.0
#include "router/admin/rule_api.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "router/admin/api_text.h"
#include "router/admin/room_json.h"
#include "router/admin/rule_orders.h"

namespace room_router::admin {
namespace {

constexpr auto kOk = 200U, kBad = 400U, kMissing = 404U, kConflict = 409U;

constexpr std::string_view kPinUsage =
    R"(send {"scope": "room" or "tenant", "name": …, "to": "shard", "release" or "region", )"
    R"("value": …}, all of them strings; a value has at most 63 bytes)";
constexpr std::string_view kBanUsage =
    R"(send {"scope": "room", "prefix" or "tenant", "name": …, "action": "redirect" or "403"}, )"
    R"(all of them strings; without action it is redirect)";
constexpr std::string_view kRemoveUsage =
    "the path ends in room, prefix or tenant, a slash, a name";

// The body's strings by name; nullopt: it is no object of strings with these names.
std::optional<std::map<std::string, std::string>> ReadBody(
    std::string_view body, std::span<const std::string_view> names) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  std::map<std::string, std::string> fields;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string() || std::ranges::find(names, name) == names.end()) return std::nullopt;
    fields[name] = value.get<std::string>();
  }
  return fields;
}

// The answer to an order, with what was ordered.
ChangeAnswer Answer(const RuleOutcome& outcome, std::string_view usage, const ApiCall& call,
                    Json ordered = {}) {
  switch (outcome.end) {
    case RuleEnd::kUsage:
      return {.page = ErrorPage(kBad, usage)};
    case RuleEnd::kNoRoom:
      return {.page = ErrorPage(kBad, "the name names no room; write for example [tenant]room")};
    case RuleEnd::kAbsent:
      return {.page = ErrorPage(kMissing, "there is no such rule; GET the list shows them")};
    case RuleEnd::kTooMany:
      return {.page = ErrorPage(kConflict,
                                "too many orders are kept already, or the name is too long")};
    case RuleEnd::kDone:
      break;
  }
  Json json = {{"scope", ToString(outcome.subject.scope)},
               {"name", ShownSubject(outcome.subject.name, call.sources)}};
  if (ordered.is_object()) json.update(ordered);
  json["message"] = outcome.advice;
  return {.page = JsonPage(kOk, Dump(json))};
}

Json Value(const PinTarget& target) {
  return {{"to", ToString(target.kind)}, {"value", target.name}};
}
Json Value(BanAction action) { return {{"action", ToString(action)}}; }

template <class Rule>
AdminPage List(std::string_view what, const RuleSet<Rule>& rules, const RuleSet<Rule>& configured,
               const ApiCall& call) {
  Json list = Json::array();
  ForEachRule(rules, configured, [&](const RuleSubject& subject, const Rule& value, bool marked) {
    Json json = {{"scope", ToString(subject.scope)},
                 {"name", ShownSubject(subject.name, call.sources)}};
    json.update(Value(value));
    json["configured"] = marked;
    list.push_back(std::move(json));
  });
  Json json = {{"names", ToString(call.sources.config()->admin.dashboard.room_names)}};
  json[std::string(what)] = std::move(list);
  return JsonPage(kOk, Dump(json));
}

RoomRulesPtr Rules(const std::function<RoomRulesPtr()>& door) {
  return door ? door() : std::make_shared<const RoomRules>();
}

// What a path names: a rule as typed, or as the list shows it.
template <class Rule>
RuleSubject Named(const ApiCall& call, const RuleSet<Rule>& rules) {
  const auto scope = ReadRuleScope(call.parts.at(0));
  if (!scope) return {};
  const std::string& raw = call.parts.at(1);
  const std::string name = *scope == RuleScope::kRoom ? TypedRoom(raw) : DecodePath(raw);
  const bool hashed =
      call.sources.config()->admin.dashboard.room_names == config::RoomNames::kHashed;
  for (const auto& [each, value] : rules.Of(*scope)) {
    if (hashed && ShownSubject(each, call.sources) == name) return {*scope, each};
  }
  return {*scope, name};
}

}  // namespace

std::string ShownSubject(std::string_view name, const AdminSources& sources) {
  const RoomKey key = sources.key_of_name ? sources.key_of_name(name) : RoomKey{};
  return ShownRoom(name, key, sources.config()->admin.dashboard.room_names);
}

AdminPage ReadPins(const ApiCall& call) {
  const RoomRulesPtr rules = Rules(call.sources.rules);
  const RoomRulesPtr configured = Rules(call.sources.configured_rules);
  return List("pins", rules->pins, configured->pins, call);
}

ChangeAnswer AddPin(const ApiCall& call) {
  constexpr std::string_view kNames[] = {"scope", "name", "to", "value"};
  auto fields = ReadBody(call.body, kNames);
  if (!fields) return {.page = ErrorPage(kBad, kPinUsage)};
  auto& sent = *fields;
  const RuleOutcome outcome = OrderPin(
      {.scope = sent["scope"], .name = sent["name"], .kind = sent["to"], .value = sent["value"]},
      call.sources);
  return Answer(outcome, kPinUsage, call, {{"to", sent["to"]}, {"value", sent["value"]}});
}

ChangeAnswer RemovePin(const ApiCall& call) {
  const RuleSubject subject = Named(call, Rules(call.sources.rules)->pins);
  const std::string_view scope = subject.name.empty() ? "" : ToString(subject.scope);
  return Answer(OrderUnpin({.scope = scope, .name = subject.name}, call.sources), kRemoveUsage,
                call);
}

AdminPage ReadBans(const ApiCall& call) {
  const RoomRulesPtr rules = Rules(call.sources.rules);
  const RoomRulesPtr configured = Rules(call.sources.configured_rules);
  return List("bans", rules->bans, configured->bans, call);
}

ChangeAnswer AddBan(const ApiCall& call) {
  constexpr std::string_view kNames[] = {"scope", "name", "action"};
  auto fields = ReadBody(call.body, kNames);
  if (!fields) return {.page = ErrorPage(kBad, kBanUsage)};
  auto& sent = *fields;
  if (sent["action"].empty()) sent["action"] = ToString(BanAction::kRedirect);
  const RuleOutcome outcome = OrderBan(
      {.scope = sent["scope"], .name = sent["name"], .kind = sent["action"]}, call.sources);
  return Answer(outcome, kBanUsage, call, {{"action", sent["action"]}});
}

ChangeAnswer RemoveBan(const ApiCall& call) {
  const RuleSubject subject = Named(call, Rules(call.sources.rules)->bans);
  const std::string_view scope = subject.name.empty() ? "" : ToString(subject.scope);
  return Answer(OrderUnban({.scope = scope, .name = subject.name}, call.sources), kRemoveUsage,
                call);
}

}  // namespace room_router::admin
