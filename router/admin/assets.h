// SPDX-License-Identifier: Apache-2.0
// The dashboard's files as constants of the binary; cmake/embed.cmake writes their definition
// from router/admin/dashboard.{html,js,css}.
#pragma once

#include <string_view>

namespace room_router::admin {

extern const std::string_view kDashboardHtml, kDashboardJs, kDashboardCss;

}  // namespace room_router::admin
