// SPDX-License-Identifier: Apache-2.0
// The dashboard's files, router/admin/dashboard/, as constants of the binary. Which files there are
// says router/CMakeLists.txt alone; cmake/embed.cmake writes the definition.
#pragma once

#include <span>
#include <string_view>

namespace room_router::admin {

struct Asset {
  std::string_view name, text;  // "main.js"
};

extern const std::span<const Asset> kDashboard;
extern const std::string_view kOpenApi;  // openapi.json

}  // namespace room_router::admin
