// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/import.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/haproxy/reasons.h"

namespace room_router::config::haproxy {
namespace {

// Of the proxies that are the room router, in the order in which later ones count: defaults,
// frontends, siblings, the backend. Each once.
std::vector<const Directive*> RelevantDirectives(const Source& source, const Choice& choice) {
  std::vector<const Section*> sections = choice.frontends;
  std::erase(sections, choice.backend);
  sections.insert(sections.end(), choice.siblings.begin(), choice.siblings.end());
  sections.push_back(choice.backend);
  std::set<size_t> seen;
  std::vector<const Directive*> own, inherited;
  for (const Section* section : sections) {
    for (const Directive* one : DirectivesOf(source, *section)) {
      if (!seen.insert(one->order).second) continue;
      const bool is_own = one->order > section->head.order;
      (is_own ? own : inherited).push_back(one);
    }
  }
  inherited.insert(inherited.end(), own.begin(), own.end());
  return inherited;
}

void Translate(Translation& translation, const Directive& directive, bool global) {
  constexpr Translator kProxy[] = {TranslateBind,      TranslateTimeout, TranslateCheck,
                                   TranslateLogging,   TranslateStick,   TranslateBalance,
                                   TranslateHeaderRule};
  if (global) {
    const bool maxconn = directive.At(0) == "maxconn";
    if (TranslateGlobal(translation, directive)) return;
    if (maxconn) TranslateBind(translation, directive);
    TranslateLogging(translation, directive);
    return;
  }
  for (const Translator translate : kProxy) {
    if (translate(translation, directive)) return;
  }
}

void ExplainRest(Translation& translation) {
  const Choice& choice = translation.choice;
  for (const Section& section : translation.source.sections) {
    const bool used = section.kind() == "global" || choice.Uses(section) ||
                      translation.ledger.Knows(section.head) || section.kind() == "defaults";
    bool touched = used;
    for (const Directive& one : section.directives) {
      touched = touched || translation.ledger.Knows(one);
    }
    if (!touched) {
      const Reason reason =
          section.IsProxy()
              ? Reason{Fate::kDropped, "not the room router's; let the ingress do what it does"}
              : ExplainSection(section.kind());
      translation.ledger.Note(reason.fate, section.head, reason.text);
      continue;
    }
    for (const Directive& one : section.directives) {
      if (translation.ledger.Knows(one)) continue;
      const Reason reason = Explain(one);
      translation.ledger.Note(reason.fate, one, reason.text);
    }
  }
}

void TranslateAll(Translation& translation) {
  const Choice& choice = translation.choice;
  for (const Section& section : translation.source.sections) {
    if (section.kind() != "global") continue;
    for (const Directive& one : section.directives) Translate(translation, one, true);
  }
  const auto directives = RelevantDirectives(translation.source, choice);
  for (const Directive* one : directives) Translate(translation, *one, false);
  TranslateAccessRules(translation, directives);
  TranslateStatistics(translation);
  TranslateServers(translation);
  TranslatePeers(translation);
  const std::string& parameter = choice.room.parameter;
  if (choice.room.empty()) {
    translation.Look(choice.backend->head,
                     "HAProxy keeps no rooms here; Room Router does, by the paths of Jitsi's "
                     "clients (room_key)");
  } else if (parameter != "room") {
    translation.yaml.Set({"room_key", "query_parameter"}, Node::Text("", parameter));
  }
  if (translation.yaml.Find({"headers", "room"}) == nullptr) {
    translation.yaml.Set({"headers", "room"}, Node::Text("", ""));
  }
  if (translation.yaml.Find({"headers", "shard"}) == nullptr) {
    translation.Look(choice.backend->head,
                     "answers carry X-Jitsi-Shard with the shard's name, which has to be prosody's "
                     "shard_name; headers.shard: \"\" leaves what shards send");
  }
  ExplainRest(translation);
}

// Whether a mistake is only that a variable is not set here.
bool IsAboutVariable(const Mistake& mistake) {
  return mistake.message.find(": the environment variable ") != std::string::npos;
}

// What has to go as a whole: without its TLS a listener would answer in plain text, and shards
// would be asked so.
std::string WholeOf(const std::string& message) {
  const size_t tls = message.find("tls.");
  if (tls == std::string::npos || tls > message.find(": ")) return message;
  const size_t end = message.starts_with("listeners[") ? message.find(']') + 1 : tls + 3;
  return message.substr(0, end) + ":";
}

// The message with "[]" for the items of lists, which may be many of one directive.
std::string WithoutIndices(std::string message) {
  for (size_t open = message.find('['); open < message.find(": ");
       open = message.find('[', open + 1)) {
    const size_t close = message.find(']', open);
    if (close == std::string::npos) break;
    message.erase(open + 1, close - open - 1);
  }
  return message;
}

// Takes out what the loader refuses, the last first so that the places of others stay. False when
// nothing here is named.
bool RemoveRefused(Translation& translation, const std::vector<Mistake>& mistakes) {
  std::vector<std::string> gone;
  bool removed_any = false;
  for (auto mistake = mistakes.rbegin(); mistake != mistakes.rend(); ++mistake) {
    const std::string& message = mistake->message;
    const auto covers = [&message](const auto& path) { return Document::Names(message, path); };
    if (std::any_of(gone.begin(), gone.end(), covers)) continue;
    const Document::Removed removed = translation.yaml.RemoveNamed(WholeOf(message));
    if (removed.path.empty()) continue;
    removed_any = true;
    gone.push_back(removed.path);
    if (removed.from != nullptr) translation.Drop(*removed.from, WithoutIndices(message));
  }
  return removed_any;
}

// The mistakes that are left when all that can be taken out is.
std::vector<Mistake> MakeAcceptable(Translation& translation, const Environment& environment) {
  constexpr int kMostRounds = 20;
  std::vector<Mistake> mistakes;
  for (int round = 0; round < kMostRounds; ++round) {
    mistakes = LoadText(translation.yaml.Print(), "room-router.yaml", environment).mistakes;
    std::erase_if(mistakes, IsAboutVariable);
    if (mistakes.empty() || !RemoveRefused(translation, mistakes)) break;
  }
  return mistakes;
}

std::string Compose(const Translation& translation, const std::vector<InputFile>& files) {
  const Choice& choice = translation.choice;
  std::string names;
  for (const InputFile& file : files) names += " " + file.name;
  std::string text = fmt::format("# From{} by room-router import-haproxy: backend {}.\n",
                                 Printable(names), Printable(choice.backend->name()));
  for (const std::string& other : choice.others) {
    text += fmt::format("# Backend {0} would do as well: --backend {0}\n", Printable(other));
  }
  text += translation.ledger.Text(Fate::kLook) + "\n" + translation.yaml.Print();
  for (const Fate fate : {Fate::kDropped, Fate::kDone}) {
    const std::string notes = translation.ledger.Text(fate);
    if (!notes.empty()) text += "\n" + notes;
  }
  return text;
}

}  // namespace

Imported Import(const std::vector<InputFile>& files, const ImportOptions& options) {
  Source source = ReadSource(files);
  if (!source.mistakes.empty()) return {.yaml = {}, .mistakes = std::move(source.mistakes)};
  const auto chosen = Choose(source, options.backend);
  if (const auto* mistake = std::get_if<Mistake>(&chosen)) {
    return {.yaml = {}, .mistakes = {*mistake}};
  }
  const Choice& choice = std::get<Choice>(chosen);
  Translation translation{.source = source,
                          .choice = choice,
                          .resolve = options.resolve,
                          .local_peer = options.local_peer};
  translation.yaml.Set({"version"}, Node::Bare("", "1"));
  TranslateAll(translation);
  const std::vector<Mistake> mistakes = MakeAcceptable(translation, options.environment);
  if (!mistakes.empty()) {
    const Directive& head = choice.backend->head;
    return {.yaml = {},
            .mistakes = {{.file = head.file,
                          .line = head.line,
                          .column = head.column,
                          .message = "backend " + Printable(choice.backend->name()) +
                                     " makes no configuration: " + mistakes.front().message}}};
  }
  return {.yaml = Compose(translation, files), .mistakes = {}};
}

}  // namespace room_router::config::haproxy
