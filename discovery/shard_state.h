// SPDX-License-Identifier: Apache-2.0
// The state machine of one shard: starting → up ⇄ soft_down → down → up.
//
// Pure, virtual clock. Its input is the health of the shard's best endpoint, already smoothed by
// rise and fall (endpoint_health.h); it adds the two delays:
//   soft_down_grace  not good for that long in soft_down → down, and only then rooms move;
//   dampening        good for that long → up again. In soft_down rooms stay meanwhile, so there it
//                    only holds new rooms back; in down it holds everything back.
// A shard that has never been up skips dampening: the first good verdict brings it up at once. A
// shard that fails its very first checks enters soft_down, so that rooms learned from other
// replicas are not moved by a restart. `unknown` never changes `up`, and is not good elsewhere. A
// flap restarts both delays. Admin states (drain, maint) are kept beside it, by the catalog.
#pragma once

#include <optional>

#include "config/clock.h"
#include "discovery/endpoint_health.h"
#include "discovery/shard_set.h"

namespace room_router {

class ShardStateMachine {
 public:
  struct Rules {
    Duration soft_down_grace{}, dampening{};
  };

  explicit ShardStateMachine(TimePoint now) : since_(now), turned_(now) {}

  // The best endpoint's health is `health` from `now` on. Returns whether the state changed.
  bool Receive(Health health, const Rules& rules, TimePoint now);
  bool Tick(const Rules& rules, TimePoint now);
  // When Tick will change something if nothing is received until then.
  std::optional<TimePoint> NextDeadline(const Rules& rules) const;

  ShardState state() const { return state_; }
  TimePoint since() const { return since_; }

 private:
  Duration Dampening(const Rules& rules) const {
    return was_up_ ? rules.dampening : Duration::zero();
  }
  ShardState Next(const Rules& rules, TimePoint now) const;

  ShardState state_ = ShardState::kStarting;
  Health health_ = Health::kUnknown;
  bool was_up_ = false;
  TimePoint since_;   // when state_ was entered
  TimePoint turned_;  // when health_ became good, stopped being good, or soft_down began
};

}  // namespace room_router
