// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/ledger.h"

#include <algorithm>

namespace room_router::config::haproxy {
namespace {

constexpr std::array<const char*, 3> kHeadings{"Please look at", "Not carried over",
                                               "No setting needed"};

}  // namespace

void Ledger::Note(Fate fate, const Directive& directive, std::string text) {
  Carry(directive);
  text = Printable(std::move(text));
  if (fate == Fate::kDropped) dropped_.insert(directive.order);
  if (!known_.emplace(directive.order, text).second) return;
  notes_[static_cast<size_t>(fate)].push_back({.order = directive.order,
                                               .place = directive.Place(),
                                               .shown = directive.Show(),
                                               .text = std::move(text)});
}

std::string Ledger::Text(Fate fate) const {
  std::vector<Entry> entries = notes_[static_cast<size_t>(fate)];
  if (entries.empty()) return "";
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.order < b.order; });
  std::string text = std::string("# ") + kHeadings[static_cast<size_t>(fate)] + ":\n";
  for (const Entry& entry : entries) {
    text += "# " + entry.place + ": " + entry.shown + "\n#   " + entry.text + "\n";
  }
  return text;
}

}  // namespace room_router::config::haproxy
