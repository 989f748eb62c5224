// SPDX-License-Identifier: Apache-2.0
#include "router/admin/rule_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

#include "router/admin/show_table.h"

namespace room_router::admin {
namespace {

constexpr size_t kMaxTarget = 63;  // bytes, of the name of a shard, release or region

constexpr std::string_view kTooMany =
    "Too many orders are kept already, or the name is too long.\n";

std::string Word(const CliWords& words, size_t index) {
  return words.size() > index ? words[index] : std::string();
}

std::string Describe(const PinTarget& target) {
  return fmt::format("{} {}", ToString(target.kind), EscapeKey(target.name));
}
std::string Describe(BanAction action) { return std::string(ToString(action)); }

// The subject of `<verb> <scope> <name> …`, or the complaint.
std::variant<RuleSubject, CliReply> ReadSubject(const CliWords& words, const CliContext& context,
                                                std::string_view usage) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const auto scope = ReadRuleScope(Word(words, 1));
  if (!scope || words.size() < 3) return Error(fmt::format("usage: {}\n", usage));
  auto subject = Canonical(*scope, words[2]);
  if (!subject) return Error("The name names no room; write for example [tenant]room.\n");
  return *std::move(subject);
}

template <class Value>
bool Has(const RuleSet<Value>& rules, const RuleSubject& subject) {
  return rules.Of(subject.scope).contains(subject.name);
}

template <class Value>
std::string List(std::string_view verb, const RuleSet<Value>& rules,
                 const RuleSet<Value>& configured) {
  std::string text;
  for (const RuleScope scope : {RuleScope::kRoom, RuleScope::kPrefix, RuleScope::kTenant}) {
    for (const auto& [name, value] : rules.Of(scope)) {
      const auto from_file = configured.Of(scope).find(name);
      const bool marked = from_file != configured.Of(scope).end() && from_file->second == value;
      text += fmt::format("{} {} {} {}{}\n", verb, ToString(scope), EscapeKey(name),
                          Describe(value), marked ? "  # configuration" : "");
    }
  }
  return text;
}

bool MayRead(const CliContext& context) {
  return context.level != config::AdminLevel::kUser && context.sources.rules != nullptr;
}

}  // namespace

CliReply Pin(const CliWords& words, const CliContext& context) {
  constexpr std::string_view kUsage = "pin room|tenant <name> shard|release|region <value>";
  const auto subject = ReadSubject(words, context, kUsage);
  if (const auto* complaint = std::get_if<CliReply>(&subject)) return *complaint;
  const auto& about = std::get<RuleSubject>(subject);
  const auto kind = ReadPinKind(Word(words, 3));
  const std::string name = Word(words, 4);
  if (about.scope == RuleScope::kPrefix || !kind || name.empty() || name.size() > kMaxTarget) {
    return Error(fmt::format("usage: {}\n", kUsage));
  }
  const PinTarget target{*kind, name};
  if (!context.sources.pin || !context.sources.pin(about, target)) {
    return Error(std::string(kTooMany));
  }
  const ShardSetPtr shards = context.sources.shards();
  const auto& all = shards->shards;
  if (std::ranges::any_of(all, [&](const Shard& shard) { return target.Has(shard); })) return {};
  return {.text = fmt::format("No shard is of {} {} now; the pin counts when there is one.\n",
                              ToString(*kind), EscapeKey(name)),
          .severity = CliReply::kInfo};
}

CliReply Unpin(const CliWords& words, const CliContext& context) {
  const auto subject = ReadSubject(words, context, "unpin room|tenant <name>");
  if (const auto* complaint = std::get_if<CliReply>(&subject)) return *complaint;
  const auto& about = std::get<RuleSubject>(subject);
  if (!MayRead(context) || !Has(context.sources.rules()->pins, about)) {
    return Error("No such pin; show pins lists them.\n");
  }
  if (!context.sources.pin(about, std::nullopt)) return Error(std::string(kTooMany));
  return {};
}

CliReply ShowPins(const CliWords&, const CliContext& context) {
  if (!MayRead(context)) return Error("Permission denied\n");
  const RoomRulesPtr rules = context.sources.rules();
  return {.text = List("pin", rules->pins, context.sources.configured_rules()->pins)};
}

CliReply Ban(const CliWords& words, const CliContext& context) {
  constexpr std::string_view kUsage = "ban room|prefix|tenant <name> [redirect|403]";
  const auto subject = ReadSubject(words, context, kUsage);
  if (const auto* complaint = std::get_if<CliReply>(&subject)) return *complaint;
  const auto action = words.size() > 3 ? ReadBanAction(words[3]) : BanAction::kRedirect;
  if (!action) return Error(fmt::format("usage: {}\n", kUsage));
  if (!context.sources.ban || !context.sources.ban(std::get<RuleSubject>(subject), action)) {
    return Error(std::string(kTooMany));
  }
  return {};
}

CliReply Unban(const CliWords& words, const CliContext& context) {
  const auto subject = ReadSubject(words, context, "unban room|prefix|tenant <name>");
  if (const auto* complaint = std::get_if<CliReply>(&subject)) return *complaint;
  const auto& about = std::get<RuleSubject>(subject);
  if (!MayRead(context) || !Has(context.sources.rules()->bans, about)) {
    return Error("No such ban; show bans lists them.\n");
  }
  if (!context.sources.ban(about, std::nullopt)) return Error(std::string(kTooMany));
  return {};
}

CliReply ShowBans(const CliWords&, const CliContext& context) {
  if (!MayRead(context)) return Error("Permission denied\n");
  const RoomRulesPtr rules = context.sources.rules();
  return {.text = List("ban", rules->bans, context.sources.configured_rules()->bans)};
}

}  // namespace room_router::admin
