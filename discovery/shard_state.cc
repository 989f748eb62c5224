// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_state.h"

namespace room_router {

bool ShardStateMachine::Receive(Health health, const Rules& rules, TimePoint now) {
  if ((health_ == Health::kGood) != (health == Health::kGood)) turned_ = now;
  health_ = health;
  return Tick(rules, now);
}

bool ShardStateMachine::Tick(const Rules& rules, TimePoint now) {
  const ShardState next = Next(rules, now);
  if (next == state_) return false;
  state_ = next;
  since_ = now;
  was_up_ = was_up_ || next == ShardState::kUp;
  if (next == ShardState::kSoftDown) turned_ = now;
  return true;
}

ShardState ShardStateMachine::Next(const Rules& rules, TimePoint now) const {
  const bool good = health_ == Health::kGood;
  switch (state_) {
    case ShardState::kStarting:
    case ShardState::kUp:
      if (good) return ShardState::kUp;
      return health_ == Health::kUnknown ? state_ : ShardState::kSoftDown;
    case ShardState::kSoftDown:
      if (good) return now >= turned_ + Dampening(rules) ? ShardState::kUp : state_;
      return now >= turned_ + rules.soft_down_grace ? ShardState::kDown : state_;
    case ShardState::kDown:
      return good && now >= turned_ + Dampening(rules) ? ShardState::kUp : state_;
  }
  return state_;
}

std::optional<TimePoint> ShardStateMachine::NextDeadline(const Rules& rules) const {
  if (state_ == ShardState::kStarting || state_ == ShardState::kUp) return std::nullopt;
  if (health_ == Health::kGood) return turned_ + Dampening(rules);
  if (state_ == ShardState::kSoftDown) return turned_ + rules.soft_down_grace;
  return std::nullopt;
}

}  // namespace room_router
