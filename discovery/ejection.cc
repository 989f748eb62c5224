// SPDX-License-Identifier: Apache-2.0
#include "discovery/ejection.h"

#include <algorithm>

namespace room_router {

bool Ejection::Fail(const Rules& rules, TimePoint now) {
  if (IsOut(now) || ++failures_ < rules.after) return false;
  const bool stayed = length_ > Duration::zero() && now >= until_ + length_;
  const bool first = stayed || length_ == Duration::zero();
  length_ = first ? rules.shortest : std::min(2 * length_, std::max(kLongest, rules.shortest));
  again_ = !first;
  out_ = true;
  until_ = now + length_;
  failures_ = 0;
  return true;
}

void Ejection::Connect(TimePoint now) {
  failures_ = 0;
  if (!IsOut(now)) length_ = Duration::zero();
}

void Ejection::PassCheck(TimePoint now) {
  failures_ = 0;
  if (IsOut(now) && !again_) until_ = now;
  Tick(now);
}

void Ejection::Tick(TimePoint now) { out_ = IsOut(now); }

}  // namespace room_router
