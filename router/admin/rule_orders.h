// SPDX-License-Identifier: Apache-2.0
// Pins and bans as operators give them, by the admin socket or over HTTP: words in, an order for
// all replicas out, or what is wrong with them. Who may do so is for the caller to say.
//
// Pure but for the order given. Control thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "router/admin/admin_sources.h"

namespace room_router::admin {

enum class RuleEnd : uint8_t {
  kDone,
  kUsage,    // words that mean nothing here
  kNoRoom,   // the name names no room
  kAbsent,   // there is no such rule to take back
  kTooMany,  // too many orders are kept, or the name is too long for one
};

struct RuleOutcome {
  RuleEnd end = RuleEnd::kDone;
  RuleSubject subject{};  // with its canonical name, unless kUsage or kNoRoom
  std::string advice{};   // with kDone: what to know; no line feed
};

struct RuleWords {  // as typed
  std::string_view scope, name;
  std::string_view kind{};   // of a pin's target, or what a ban does; empty: redirect
  std::string_view value{};  // of a pin's target
};

RuleOutcome OrderPin(const RuleWords& words, const AdminSources& sources);
RuleOutcome OrderUnpin(const RuleWords& words, const AdminSources& sources);
RuleOutcome OrderBan(const RuleWords& words, const AdminSources& sources);
RuleOutcome OrderUnban(const RuleWords& words, const AdminSources& sources);

// Calls `visit(subject, value, whether the configuration has it so)` for each, scope by scope.
template <class Value, class Visit>
void ForEachRule(const RuleSet<Value>& rules, const RuleSet<Value>& configured, Visit visit) {
  for (const RuleScope scope : {RuleScope::kRoom, RuleScope::kPrefix, RuleScope::kTenant}) {
    for (const auto& [name, value] : rules.Of(scope)) {
      const auto from_file = configured.Of(scope).find(name);
      const bool marked = from_file != configured.Of(scope).end() && from_file->second == value;
      visit(RuleSubject{scope, name}, value, marked);
    }
  }
}

}  // namespace room_router::admin
