// SPDX-License-Identifier: Apache-2.0
#include "router/admin/drain_json.h"

#include <nlohmann/json.hpp>

namespace room_router::admin {

nlohmann::ordered_json ProgressJson(const DrainProgress& progress) {
  return {{"state", ToString(progress.state)},
          {"by", progress.by()},
          {"since_seconds", progress.since_seconds},
          {"rooms", progress.rooms},
          {"tunnels", progress.tunnels},
          {"finished", progress.finished()}};
}

}  // namespace room_router::admin
