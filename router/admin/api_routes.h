// SPDX-License-Identifier: Apache-2.0
// Which paths /api/v1 has, who answers them, and what is checked before: method, token and origin
// (admin_token.h), content type.
//
// openapi.json says the same for people and programs; a test compares them. {room} and {name} stand
// for all that follows, any other {…} for what is between two slashes; both are percent-decoded
// after the path has been taken apart. Pure but for the token file and the orders given.
#pragma once

#include <span>
#include <string_view>

#include "router/admin/admin_token.h"
#include "router/admin/api_call.h"

namespace room_router::admin {

struct ApiRoute {
  std::string_view method, path;
  AdminPage (*read)(const ApiCall&) = nullptr;       // with GET, and so HEAD
  ChangeAnswer (*change)(const ApiCall&) = nullptr;  // with any other
  bool takes_json = false;                           // a body
};
std::span<const ApiRoute> ApiRoutes();

// GET and HEAD. `view` is null when the workers did not answer in time.
AdminPage MakeApiPage(std::string_view path, std::string_view query, const AdminView* view,
                      const AdminSources& sources);

struct ChangeRequest {
  std::string_view method, target;
  Credentials credentials;
  std::string_view content_type, body;
};

// For every method but GET and HEAD, whatever the path.
ChangeAnswer MakeChange(const ChangeRequest& request, const AdminSources& sources);

}  // namespace room_router::admin
