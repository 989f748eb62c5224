// SPDX-License-Identifier: Apache-2.0
// A shard's way to being empty as JSON, for the answers of /api/v1/shards. Pure.
//
//   {"state":"drain","by":"order","since_seconds":85,"rooms":3,"tunnels":5,"finished":false}
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "router/admin/drain_progress.h"

namespace room_router::admin {

nlohmann::ordered_json ProgressJson(const DrainProgress& progress);

}  // namespace room_router::admin
