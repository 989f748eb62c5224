// SPDX-License-Identifier: Apache-2.0
// The changes that the HTTP port takes: /api/v1/shards/{name}/…
//
//   POST drain?wait=300s   200 when it is empty, 202 while it is not, 409 when called off
//   POST ready, POST maint
//   PUT weight             {"weight": 50} or {"weight": "50%"}, or ?value=50%
//
// Authorized by admin_token.h. Every answer is JSON; errors say what to do. Pure but for the token
// file and the orders given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "router/admin/admin_pages.h"
#include "router/admin/admin_token.h"
#include "router/admin/drain_waits.h"

namespace room_router::admin {

struct ChangeRequest {
  std::string_view method, target;
  Credentials credentials;
  std::string_view body;
};

struct ChangeAnswer {
  AdminPage page;
  std::optional<DrainWish> wait{};  // the answer comes when this is done, by DrainPage
};

// For every method but GET and HEAD.
ChangeAnswer MakeChange(const ChangeRequest& request, const AdminSources& sources);
AdminPage DrainPage(const DrainWish& wish, const DrainOutcome& outcome);

}  // namespace room_router::admin
