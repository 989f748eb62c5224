// SPDX-License-Identifier: Apache-2.0
// A reference to whatever chooses a shard for a key of the stick table; borrowed for the call, so
// passing a lambda never allocates.
//
// `previous` = the shard an existing entry names (kNoShard when there is none); returning
// `previous` keeps it, kNoShard binds nothing and leaves the entry as it is. Called under the lock
// of a stripe: it must not call the table, except RoomsOn and Rooms.
#pragma once

#include <type_traits>

#include "discovery/shard_set.h"

namespace room_router {

class ShardChooser {
 public:
  // Implicit: it is a parameter's type, and callers pass their lambda.
  // clang-format off
  template <typename F>
  requires std::is_invocable_r_v<ShardId, const F&, ShardId>
  ShardChooser(const F& choose)  // NOLINT(google-explicit-constructor)
      : choose_(&choose), call_([](const void* f, ShardId previous) -> ShardId {
          return (*static_cast<const F*>(f))(previous);
        }) {}
  // clang-format on

  ShardId operator()(ShardId previous) const { return call_(choose_, previous); }

 private:
  const void* choose_;
  ShardId (*call_)(const void*, ShardId);
};

}  // namespace room_router
