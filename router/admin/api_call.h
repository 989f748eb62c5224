// SPDX-License-Identifier: Apache-2.0
// One request to /api/v1, as the function that answers it sees it, and what it may answer.
//
// Text is borrowed for the call. Answers are JSON; errors say what to do.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/admin/admin_pages.h"
#include "router/admin/cli_session.h"

namespace room_router::admin {

struct ApiCall {
  const AdminSources& sources;
  const AdminView* view = nullptr;  // set for reads
  std::vector<std::string> parts;   // what stands for the {…} of the path, in order
  std::string_view query, body;
};

struct ChangeAnswer {
  AdminPage page;
  std::optional<DrainWish> wait{};  // the answer comes when this is done, by DrainPage
};

}  // namespace room_router::admin
