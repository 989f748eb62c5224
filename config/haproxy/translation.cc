// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/translation.h"

#include "config/haproxy/values.h"

namespace room_router::config::haproxy {

void Translation::Set(Document::Path path, const Directive& from, Node value) {
  ledger.Carry(from);
  value.from = &from;
  const Node old = yaml.Set(path, std::move(value));
  const Node* now = yaml.Find(path);
  if (old.from == nullptr || old.from == &from) return;
  const bool same = old.text == now->text;
  Done(*old.from, (same ? "the same as " : "replaced by ") + from.Place());
}

void Translation::SetText(Document::Path path, const Directive& from, std::string text) {
  Set(path, from, Node::Text("", std::move(text)));
}

void Translation::SetBare(Document::Path path, const Directive& from, std::string text) {
  Set(path, from, Node::Bare("", std::move(text)));
}

void Translation::SetTime(Document::Path path, const Directive& from, size_t word) {
  const auto time = ReadTime(from.At(word));
  if (!time) {
    return Drop(from,
                "not a time that can be read here; write the value with its unit, such as "
                "50s");
  }
  if (time->count() == 0) return Drop(from, "0 means never in HAProxy; the default stands");
  SetBare(path, from, WriteTime(*time));
}

void Translation::SetNumber(Document::Path path, const Directive& from, size_t word) {
  const auto number = ReadNumber(from.At(word));
  if (!number) return Drop(from, "not a number that can be read here; write the value itself");
  SetBare(path, from, std::to_string(*number));
}

}  // namespace room_router::config::haproxy
