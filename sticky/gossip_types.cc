// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_types.h"

namespace room_router {

std::string_view ToString(CloseReason reason) {
  constexpr std::array<std::string_view, kCloseReasons> kNames{
      "self",     "duplicate", "wrong-cluster", "version",   "protocol",    "name-taken",
      "replaced", "no-hello",  "silent",        "view-full", "view-change", "leaving"};
  return kNames[static_cast<size_t>(reason)];
}

std::string_view ToString(ReplicaState state) {
  constexpr std::array<std::string_view, 4> kNames{"alive", "suspect", "dead", "left"};
  return kNames[static_cast<size_t>(state)];
}

}  // namespace room_router
