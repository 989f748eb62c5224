// SPDX-License-Identifier: Apache-2.0
#include "router/admin/rule_commands.h"

#include <fmt/format.h>

#include <string>

#include "router/admin/rule_orders.h"
#include "router/admin/show_table.h"

namespace room_router::admin {
namespace {

std::string Describe(const PinTarget& target) {
  return fmt::format("{} {}", ToString(target.kind), EscapeKey(target.name));
}
std::string Describe(BanAction action) { return std::string(ToString(action)); }

struct Wording {
  std::string_view usage, absent;
};

using Order = RuleOutcome (*)(const RuleWords&, const AdminSources&);

// <verb> <scope> <name> [<kind> [<value>]]
CliReply Give(Order order, const CliWords& words, const CliContext& context,
              const Wording& wording) {
  if (context.level != config::AdminLevel::kAdmin) return Error("Permission denied\n");
  const RuleOutcome outcome = order({.scope = WordAt(words, 1),
                                     .name = WordAt(words, 2),
                                     .kind = WordAt(words, 3),
                                     .value = WordAt(words, 4)},
                                    context.sources);
  switch (outcome.end) {
    case RuleEnd::kUsage:
      return Error(fmt::format("usage: {}\n", wording.usage));
    case RuleEnd::kNoRoom:
      return Error("The name names no room; write for example [tenant]room.\n");
    case RuleEnd::kAbsent:
      return Error(std::string(wording.absent) + "\n");
    case RuleEnd::kTooMany:
      return Error("Too many orders are kept already, or the name is too long.\n");
    case RuleEnd::kDone:
      break;
  }
  if (outcome.advice.empty()) return {};
  return {.text = outcome.advice + "\n", .severity = CliReply::kInfo};
}

template <class Value>
std::string List(std::string_view verb, const RuleSet<Value>& rules,
                 const RuleSet<Value>& configured) {
  std::string text;
  ForEachRule(rules, configured, [&](const RuleSubject& subject, const Value& value, bool marked) {
    text += fmt::format("{} {} {} {}{}\n", verb, ToString(subject.scope), EscapeKey(subject.name),
                        Describe(value), marked ? "  # configuration" : "");
  });
  return text;
}

bool MayRead(const CliContext& context) {
  return context.level != config::AdminLevel::kUser && context.sources.rules != nullptr;
}

}  // namespace

CliReply Pin(const CliWords& words, const CliContext& context) {
  return Give(OrderPin, words, context,
              {.usage = "pin room|tenant <name> shard|release|region <value>", .absent = {}});
}

CliReply Unpin(const CliWords& words, const CliContext& context) {
  return Give(
      OrderUnpin, words, context,
      {.usage = "unpin room|tenant <name>", .absent = "No such pin; show pins lists them."});
}

CliReply ShowPins(const CliWords&, const CliContext& context) {
  if (!MayRead(context)) return Error("Permission denied\n");
  const RoomRulesPtr rules = context.sources.rules();
  return {.text = List("pin", rules->pins, context.sources.configured_rules()->pins)};
}

CliReply Ban(const CliWords& words, const CliContext& context) {
  return Give(OrderBan, words, context,
              {.usage = "ban room|prefix|tenant <name> [redirect|403]", .absent = {}});
}

CliReply Unban(const CliWords& words, const CliContext& context) {
  return Give(
      OrderUnban, words, context,
      {.usage = "unban room|prefix|tenant <name>", .absent = "No such ban; show bans lists them."});
}

CliReply ShowBans(const CliWords&, const CliContext& context) {
  if (!MayRead(context)) return Error("Permission denied\n");
  const RoomRulesPtr rules = context.sources.rules();
  return {.text = List("ban", rules->bans, context.sources.configured_rules()->bans)};
}

}  // namespace room_router::admin
