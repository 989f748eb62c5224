// SPDX-License-Identifier: Apache-2.0
// What the checks of one endpoint add up to: rise and fall counting.
//
// Pure value, no clock. A result better than the present verdict has to come `rise` times in a row
// before it is believed, a worse one `fall` times; anything else in between starts the count again.
// Verdicts are ordered: bad < unknown < soft < good. Soft: the endpoint answers, and says that it
// should get no new rooms (a status listed in `soft`).
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace room_router {

enum class Health : uint8_t { kBad, kUnknown, kSoft, kGood };

std::string_view ToString(Health health);

class EndpointHealth {
 public:
  struct Rules {
    int rise = 2, fall = 3;
  };

  // One check's result (never kUnknown). Returns whether the verdict changed.
  bool Record(Health result, Rules rules);
  // Believed at once.
  bool Force(Health verdict);

  Health verdict() const { return verdict_; }
  bool usable() const { return verdict_ == Health::kGood || verdict_ == Health::kSoft; }
  int fill() const { return better_ + worse_; }  // results towards the next verdict

 private:
  Health verdict_ = Health::kUnknown;
  int better_ = 0, worse_ = 0;  // at most one is not 0
};

}  // namespace room_router
