// SPDX-License-Identifier: Apache-2.0
// What each path of the admin HTTP port answers. Pure apart from reading the stick table.
//
//   /  /stats            dashboard           /healthz  every event loop answered
//   /stats;csv  ;json    HAProxy's formats   /readyz   traffic may come
//   /metrics             Prometheus          /api/v1/…  JSON, by api_routes.h
#pragma once

#include <string>
#include <string_view>

#include "router/admin/admin_view.h"

namespace room_router::admin {

struct AdminPage {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow = "GET, HEAD";  // what to do instead, with 405
  bool tagged = false;              // may be asked for again with its entity tag
  std::string tag{};                // by AdminHttp (entity_tag.h)
};

AdminPage JsonPage(unsigned status, std::string body);
AdminPage ErrorPage(unsigned status, std::string_view message);  // JSON
AdminPage WrongMethod(std::string_view path, std::string_view allowed);

// Whether the path's answer needs a view; the others are constants of the binary.
bool PageNeedsView(std::string_view target);

// `view` is null when none was needed, or when the workers did not answer in time.
AdminPage MakePage(std::string_view target, const AdminView* view, const AdminSources& sources);

}  // namespace room_router::admin
