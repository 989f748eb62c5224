// SPDX-License-Identifier: Apache-2.0
// HTTP checks: `option httpchk` in its old form and `http-check` lines in the new one.
#include <algorithm>
#include <array>

#include "config/haproxy/translation.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

// The one check HAProxy has, which is made when first spoken of.
Node& HttpCheck(Translation& translation, const Directive& directive) {
  translation.ledger.Carry(directive);
  Node* checks = translation.yaml.Find({"shards", "health", "checks"});
  if (checks == nullptr || checks->children.empty()) {
    Node check =
        Node::Map({Node::Text("type", "http"), Node::Text("url", "http://{address}/")}, &directive);
    translation.yaml.Append({"shards", "health", "checks"}, std::move(check));
    checks = translation.yaml.Find({"shards", "health", "checks"});
  }
  return checks->children.front();
}

Node& Part(Node& check, std::string_view key, Node::Kind kind) {
  Node* part = check.Find(key);
  if (part != nullptr) return *part;
  check.children.push_back({.kind = kind, .key = std::string(key), .text = {}, .children = {}});
  return check.children.back();
}

void SetPath(Node& check, const Directive& from, const std::string& path) {
  Node* url = check.Find("url");
  url->from = &from;
  const size_t end = url->text.find('/', url->text.find("{address}"));
  url->text.replace(end, std::string::npos, path.starts_with('/') ? path : "/" + path);
}

void CheckMethod(Translation& translation, const Directive& directive, const std::string& method) {
  if (method == "GET") return;
  translation.Look(directive, "checks are GET requests, not " + method);
}

void AddField(Translation& translation, const Directive& directive, Node& check, Node field) {
  if (Folded(field.key) == "host") {
    return translation.Look(directive, "checks have the shard's address as Host");
  }
  // Dynamic fields (log-format) are rare; a percent sign that is doubled stands for itself.
  if (field.text.find("%[") != std::string::npos) {
    return translation.Drop(directive, field.key + ": checks send fixed texts; write it there");
  }
  Node& header = Part(check, "header", Node::Kind::kMap);
  constexpr size_t kMostFields = 64;
  if (header.children.size() == kMostFields) {
    return translation.Drop(directive, "more than 64 fields; send fewer");
  }
  field.from = &directive;
  if (header.Find(field.key) == nullptr) header.children.push_back(std::move(field));
}

void OldForm(Translation& translation, const Directive& directive) {
  Node& check = HttpCheck(translation, directive);
  const size_t count = directive.words.size();
  CheckMethod(translation, directive, count > 3 ? directive.At(2) : "OPTIONS");
  if (count > 2) SetPath(check, directive, directive.At(count > 3 ? 3 : 2));
  // "HTTP/1.1\r\nHost: meet.example.org\r\nX-Probe: yes"
  std::string_view rest = directive.At(4);
  while (rest.find("\r\n") != std::string_view::npos) {
    rest.remove_prefix(rest.find("\r\n") + 2);
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    AddField(translation, directive, check,
             Node::Text(std::string(line.substr(0, colon)), std::string(line.substr(value))));
  }
}

void Send(Translation& translation, const Directive& directive) {
  Node& check = HttpCheck(translation, directive);
  for (size_t n = 2; n < directive.words.size(); ++n) {
    const std::string& word = directive.words[n].text;
    if (word == "meth") {
      CheckMethod(translation, directive, directive.At(++n));
    } else if (word == "uri") {
      SetPath(check, directive, directive.At(++n));
    } else if (word == "hdr") {
      AddField(translation, directive, check, Node::Text(directive.At(n + 1), directive.At(n + 2)));
      n += 2;
    } else if (word == "ver") {
      ++n;
    } else {
      translation.Drop(directive, word + ": a check has no body and no computed parts");
      ++n;
    }
  }
}

void Expect(Translation& translation, const Directive& directive) {
  if (directive.At(2) != "status") {
    return translation.Drop(directive,
                            "checks look at the status: write expect with those that pass, such as "
                            "[200-399]");
  }
  Node& check = HttpCheck(translation, directive);
  Node& expect = Part(check, "expect", Node::Kind::kList);
  expect.children.clear();
  std::string_view rest = directive.At(3);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    expect.children.push_back(Node::Bare("", std::string(one), &directive));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
}

}  // namespace

bool TranslateCheck(Translation& translation, const Directive& directive) {
  if (directive.Begins("no", "option") && directive.At(2) == "httpchk") {
    if (Node* checks = translation.yaml.Find({"shards", "health", "checks"})) {
      checks->children.clear();
    }
    translation.Done(directive, "checks are TCP connections unless shards.health.checks says more");
  } else if (directive.Begins("option", "httpchk")) {
    OldForm(translation, directive);
  } else if (directive.Begins("http-check", "send")) {
    Send(translation, directive);
  } else if (directive.Begins("http-check", "expect")) {
    Expect(translation, directive);
  } else if (directive.Begins("http-check", "disable-on-404")) {
    Node& soft = Part(HttpCheck(translation, directive), "soft", Node::Kind::kList);
    soft.children = {Node::Bare("", "404", &directive)};
    translation.Look(directive,
                     "a shard that answers 404 keeps its rooms for shards.health.soft_down_grace");
  } else {
    return false;
  }
  return true;
}

}  // namespace room_router::config::haproxy
