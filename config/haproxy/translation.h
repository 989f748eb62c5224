// SPDX-License-Identifier: Apache-2.0
// One import under way: what is read, what is written, what became of each directive; and the
// translators, one per part of a configuration, that each take the directives they know.
//
// A translator either sets values, or notes why not; a directive nobody takes is explained by
// reasons.h. Pure, except for what `resolve` does.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/haproxy/choice.h"
#include "config/haproxy/document.h"
#include "config/haproxy/ledger.h"
#include "config/haproxy/server_line.h"

namespace room_router::config::haproxy {

// The IPs of a host name, as HAProxy would find them at its start; empty = none.
using Resolve = std::function<std::vector<std::string>(const std::string& host)>;

struct Translation {
  const Source& source;
  const Choice& choice;
  const Resolve& resolve;
  const std::string local_peer;  // as haproxy -L, "" = not told
  Document yaml{};
  Ledger ledger{};

  void Look(const Directive& directive, std::string text) {
    ledger.Note(Fate::kLook, directive, std::move(text));
  }
  void Drop(const Directive& directive, std::string text) {
    ledger.Note(Fate::kDropped, directive, std::move(text));
  }
  void Done(const Directive& directive, std::string text) {
    ledger.Note(Fate::kDone, directive, std::move(text));
  }

  // Sets a value from a directive; one set before from another directive is said to be replaced.
  void Set(Document::Path path, const Directive& from, Node value);
  void SetText(Document::Path path, const Directive& from, std::string text);
  void SetBare(Document::Path path, const Directive& from, std::string text);
  // The time in a word; or a note that it holds none. Zero means never in HAProxy, which is noted.
  void SetTime(Document::Path path, const Directive& from, size_t word);
  // Likewise a whole number.
  void SetNumber(Document::Path path, const Directive& from, size_t word);
};

// Each returns whether it knows the directive.
using Translator = bool (*)(Translation& translation, const Directive& directive);
bool TranslateGlobal(Translation& translation, const Directive& directive);
bool TranslateBind(Translation& translation, const Directive& directive);
bool TranslateTimeout(Translation& translation, const Directive& directive);
bool TranslateCheck(Translation& translation, const Directive& directive);
bool TranslateLogging(Translation& translation, const Directive& directive);
bool TranslateBalance(Translation& translation, const Directive& directive);
bool TranslateStick(Translation& translation, const Directive& directive);
bool TranslateHeaderRule(Translation& translation, const Directive& directive);

// These look at the configuration as a whole.
void TranslateServers(Translation& translation);
// All shards are checked as the first server with `check` is, and ask the agent of the first that
// has one. `servers` is not empty.
void TranslateHealth(Translation& translation, const std::vector<Server>& servers);
// What goes before HTTP on the way to all of them: TLS, PROXY headers.
void TranslateConnections(Translation& translation, const std::vector<Server>& servers);
void TranslateStatistics(Translation& translation);
void TranslatePeers(Translation& translation);
void TranslateResolvers(Translation& translation, const std::string& name);
void TranslateAccessRules(Translation& translation,
                          const std::vector<const Directive*>& directives);

}  // namespace room_router::config::haproxy
