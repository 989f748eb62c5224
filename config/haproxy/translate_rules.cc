// SPDX-License-Identifier: Apache-2.0
// http-request and http-response rules: header fields, bans, and what the router does by itself.
#include <algorithm>
#include <array>
#include <map>

#include "config/haproxy/conditions.h"
#include "config/haproxy/translation.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

constexpr size_t kMostFields = 256;  // set, or removed, in one direction
constexpr std::array<std::string_view, 6> kForwarded{"x-forwarded-for",  "x-forwarded-proto",
                                                     "x-forwarded-host", "x-forwarded-port",
                                                     "x-real-ip",        "forwarded"};

// A log-format text without anything computed: its value.
std::optional<std::string> Fixed(const Word& word) {
  std::string value;
  for (size_t at = 0; at < word.text.size(); ++at) {
    if (word.text[at] == '%' && (at + 1 == word.text.size() || word.text[at + 1] != '%')) {
      return std::nullopt;
    }
    if (word.text[at] == '%') ++at;
    value += word.text[at];
  }
  return value;
}

bool NamesServer(const std::string& value) {
  return value == "%s" || value.ends_with("/%s") || value.find("srv_name") != std::string::npos;
}

void SetRoomHeader(Translation& translation, const Directive& rule) {
  const std::string& name = rule.At(2);
  const RoomSource& room = translation.choice.room;
  const bool direct =
      RoomSource{.parameter = room.parameter, .headers = {}, .variables = {}}.IsIn(rule.At(3));
  const Node* old = translation.yaml.Find({"headers", "room"});
  if (direct && (old == nullptr || old->text == name)) {
    translation.SetText({"headers", "room"}, rule, name);
  } else {
    translation.Done(rule, "the room is read and kept without it (room_key)");
  }
}

void SetField(Translation& translation, const Directive& rule, std::string_view direction) {
  const std::string& name = rule.At(2);
  const auto value = rule.words.size() > 3 ? Fixed(rule.words[3]) : std::nullopt;
  if (!value) {
    return translation.Drop(rule, "its value is computed; headers can set fixed texts");
  }
  if (Conditions::IsIn(rule)) {
    return translation.Drop(rule, "it has a condition; headers are set on every message");
  }
  Node* set = translation.yaml.Find({"headers", direction, "set"});
  if (set != nullptr && set->children.size() == kMostFields) {
    return translation.Drop(rule, "more than 256 fields; set the others at the ingress");
  }
  for (size_t n = 0; set != nullptr && n < set->children.size(); ++n) {
    if (Folded(set->children[n].key) != Folded(name)) continue;
    if (rule.At(1) == "add-header") {
      return translation.Drop(rule, "a field is set once, see " + set->children[n].from->Place());
    }
    return translation.SetText({"headers", direction, "set", set->children[n].key}, rule, *value);
  }
  translation.SetText({"headers", direction, "set", name}, rule, *value);
}

void RemoveField(Translation& translation, const Directive& rule, std::string_view direction) {
  if (Conditions::IsIn(rule) || rule.At(3) == "-m") {
    return translation.Drop(rule, "headers removes fields by their full name, from every message");
  }
  const std::string name = Folded(rule.At(2));
  for (const std::string_view list : {"set", "remove"}) {
    Node* there = translation.yaml.Find({"headers", direction, list});
    if (there == nullptr) continue;
    if (list == "remove" && there->children.size() == kMostFields) {
      return translation.Drop(rule, "more than 256 fields; remove the others at the ingress");
    }
    for (const Node& one : there->children) {
      if (Folded(list == "set" ? one.key : one.text) != name) continue;
      return translation.Done(rule, "see " + one.from->Place());
    }
  }
  if (direction == "request" && translation.choice.room.headers.contains(name)) {
    return translation.Done(rule, "what clients say there never counts as a room");
  }
  if (std::find(kForwarded.begin(), kForwarded.end(), name) != kForwarded.end()) {
    return translation.Done(rule, "what clients say there counts only from trusted_proxies");
  }
  translation.ledger.Carry(rule);
  translation.yaml.Append({"headers", direction, "remove"}, Node::Text("", rule.At(2), &rule));
}

void SetHeader(Translation& translation, const Directive& rule) {
  const bool response = rule.At(0) != "http-request";
  const std::string name = Folded(rule.At(2));
  const RoomSource& room = translation.choice.room;
  const bool computed = rule.At(3).find('%') != std::string::npos;
  const bool forwarded = std::find(kForwarded.begin(), kForwarded.end(), name) != kForwarded.end();
  if (!response && (room.headers.contains(name) || room.IsIn(rule.At(3)))) {
    SetRoomHeader(translation, rule);
  } else if (!response && forwarded && (computed || Conditions::IsIn(rule))) {
    translation.Done(rule, "X-Forwarded-* and X-Real-IP are set, see trusted_proxies");
  } else if (!response && name == "x-proxy-region" && rule.words.size() == 4 && !computed) {
    translation.SetText({"node", "region"}, rule, rule.At(3));
  } else if (response && NamesServer(rule.At(3))) {
    translation.SetText({"headers", "shard"}, rule, rule.At(2));
  } else {
    SetField(translation, rule, response ? "response" : "request");
  }
}

class AccessRules {
 public:
  AccessRules(Translation& translation, const std::vector<const Directive*>& directives)
      : translation_(translation),
        conditions_(directives, translation.choice.room),
        directives_(directives) {}

  void Translate() {
    for (const Directive* one : directives_) {
      const bool request = one->At(0) == "http-request";
      const std::string& action = one->At(1);
      const bool denies = request && (action == "deny" || action == "reject" ||
                                      action == "tarpit" || action == "return");
      const bool redirects = one->At(0) == "redirect" || (request && action == "redirect");
      if (denies || redirects) Ban(*one, redirects);
      if (one->At(0) == "use_backend" || one->At(0) == "default_backend") Lead(*one);
    }
    ExplainAcls();
  }

 private:
  void Ban(const Directive& rule, bool redirects) {
    const auto patterns = conditions_.Read(rule);
    if (!patterns || (redirects && !LeadsToStart(rule))) {
      return translation_.Drop(
          rule, redirects ? "redirects belong to the ingress; bans redirect rooms"
                          : "its condition is not a list of rooms, names or tenants; "
                            "see bans, or deny it at the ingress");
    }
    translation_.ledger.Carry(rule);
    for (const RoomPattern& pattern : *patterns) {
      using Kind = RoomPattern::Kind;
      const char* key = pattern.kind == Kind::kRoom     ? "room"
                        : pattern.kind == Kind::kPrefix ? "prefix"
                                                        : "tenant";
      Node ban = Node::Map({Node::Text(key, pattern.name)}, &rule);
      if (!redirects) ban.children.push_back(Node::Text("action", "403"));
      translation_.yaml.Append({"bans"}, std::move(ban));
    }
  }

  static bool LeadsToStart(const Directive& rule) {
    const size_t first = rule.At(0) == "redirect" ? 1 : 2;
    return rule.At(first) == "location" && rule.At(first + 1) == "/";
  }

  void Lead(const Directive& rule) {
    const std::string& name = rule.At(1);
    const Choice& choice = translation_.choice;
    const bool shares = std::any_of(choice.siblings.begin(), choice.siblings.end(),
                                    [&name](const Section* one) { return one->name() == name; });
    const bool conditional = Conditions::IsIn(rule);
    const bool chosen = name == choice.backend->name();
    if (chosen && choice.siblings.empty()) {
      translation_.Done(rule,
                        "everything goes to the shards; room_key knows which requests have a "
                        "room");
    } else if (chosen && !conditional) {
      translation_.Done(rule, "new rooms go to its shards first, by their priority");
    } else if (shares || chosen) {
      translation_.Drop(rule,
                        "its servers are shards here; pins: [{tenant: acme, release: "
                        "\"5142\"}] keeps tenants on a release");
    } else if (name.find("(release)") != std::string::npos) {
      translation_.Done(rule, "?release= is followed to shards of that release");
    } else if (name.find("%[") != std::string::npos) {
      translation_.Drop(rule,
                        "maps are not read: pins say where rooms and tenants belong, and ctl "
                        "changes them at run time");
    } else {
      translation_.Drop(rule, "backend " + name +
                                  " holds no rooms: let the ingress send these "
                                  "requests there");
    }
  }

  // An acl shares the fate of the rules that name it.
  void ExplainAcls() {
    std::map<std::string, bool> dropped;  // by name; not there = no rule names it
    for (const Directive* one : directives_) {
      if (one->At(0) == "acl") continue;
      const bool is_dropped =
          translation_.ledger.IsDropped(*one) || !translation_.ledger.Knows(*one);
      for (const std::string& name : Conditions::AclsOf(*one)) dropped[name] |= is_dropped;
    }
    for (const Directive* one : directives_) {
      if (one->At(0) != "acl") continue;
      const auto found = dropped.find(one->At(1));
      if (found == dropped.end()) {
        translation_.Done(*one, "no rule uses it");
      } else if (found->second) {
        translation_.Drop(*one, "belongs to rules that are not carried over");
      } else {
        translation_.Done(*one, "see the rules that name it");
      }
    }
  }

  Translation& translation_;
  const Conditions conditions_;
  const std::vector<const Directive*>& directives_;
};

}  // namespace

bool TranslateHeaderRule(Translation& translation, const Directive& directive) {
  const std::string& direction = directive.At(0);
  const bool request = direction == "http-request";
  if (!request && direction != "http-response" && direction != "http-after-response") return false;
  const std::string& action = directive.At(1);
  if (action == "set-header" || action == "add-header") {
    SetHeader(translation, directive);
  } else if (action == "del-header") {
    RemoveField(translation, directive, request ? "request" : "response");
  } else if (request && action.starts_with("set-var")) {
    const auto names =
        ArgumentsOf(action, action.starts_with("set-var-fmt") ? "set-var-fmt" : "set-var");
    const auto& known = translation.choice.room.variables;
    const bool is_room = !names.empty() && known.contains(names.front());
    if (is_room || translation.choice.room.IsIn(directive.At(2))) {
      translation.Done(directive, "the room is read and kept without it (room_key)");
    } else {
      translation.Drop(directive, "there are no variables; nothing else here needs it");
    }
  } else {
    return false;
  }
  return true;
}

void TranslateAccessRules(Translation& translation,
                          const std::vector<const Directive*>& directives) {
  AccessRules(translation, directives).Translate();
}

}  // namespace room_router::config::haproxy
