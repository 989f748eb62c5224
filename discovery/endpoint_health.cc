// SPDX-License-Identifier: Apache-2.0
#include "discovery/endpoint_health.h"

#include <cassert>
#include <utility>

namespace room_router {

std::string_view ToString(Health health) {
  switch (health) {
    case Health::kBad:
      return "bad";
    case Health::kUnknown:
      return "unknown";
    case Health::kSoft:
      return "soft";
    case Health::kGood:
      return "good";
  }
  return "";
}

bool EndpointHealth::Record(Health result, Rules rules) {
  assert(result != Health::kUnknown);
  better_ = result > verdict_ ? better_ + 1 : 0;
  worse_ = result < verdict_ ? worse_ + 1 : 0;
  const bool believed =
      (better_ > 0 && better_ >= rules.rise) || (worse_ > 0 && worse_ >= rules.fall);
  if (!believed) return false;
  verdict_ = result;
  better_ = worse_ = 0;
  return true;
}

bool EndpointHealth::Force(Health verdict) {
  better_ = worse_ = 0;
  return std::exchange(verdict_, verdict) != verdict;
}

}  // namespace room_router
