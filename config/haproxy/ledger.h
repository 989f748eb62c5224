// SPDX-License-Identifier: Apache-2.0
// What became of every directive, so that none is lost in silence.
//
// A directive may have several notes, or none when it was carried over as it is. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "config/haproxy/directive.h"

namespace room_router::config::haproxy {

enum class Fate : uint8_t {
  kLook,     // carried over, but somebody has to look at it
  kDropped,  // not carried over
  kDone      // needs no setting
};

class Ledger {
 public:
  void Carry(const Directive& directive) { touched_.insert(directive.order); }
  void Note(Fate fate, const Directive& directive, std::string text);
  bool Knows(const Directive& directive) const { return touched_.contains(directive.order); }
  bool IsDropped(const Directive& directive) const { return dropped_.contains(directive.order); }

  // As comment lines under their headings; "" when there is none of that fate.
  std::string Text(Fate fate) const;

 private:
  struct Entry {
    size_t order;
    std::string place, shown, text;
  };
  std::set<size_t> touched_, dropped_;
  std::array<std::vector<Entry>, 3> notes_;
  std::set<std::tuple<size_t, std::string>> known_;
};

}  // namespace room_router::config::haproxy
