// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_pages.h"

#include <algorithm>
#include <array>

#include "router/admin/api_json.h"
#include "router/admin/assets.h"
#include "router/admin/stat_csv.h"
#include "router/admin/stat_rows.h"
#include "router/metrics.h"

namespace room_router::admin {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kCsvPath = "/stats;csv", kStatJsonPath = "/stats;json";

struct Target {
  std::string_view path, query;
};

Target Split(std::string_view target) {
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return {.path = target, .query = {}};
  return {.path = target.substr(0, question), .query = target.substr(question + 1)};
}

AdminPage NotFound() {
  return {.status = 404,
          .body =
              "Nothing here. Try / /metrics /healthz /readyz /stats;csv /api/v1/status "
              "/api/v1/shards /api/v1/rooms\n"};
}

AdminPage Health(const AdminView& view) {
  if (view.workers_alive >= view.workers) return {.body = "ok\n"};
  return {.status = 503,
          .body = std::to_string(view.workers - view.workers_alive) + " of " +
                  std::to_string(view.workers) + " event loops did not answer in time\n"};
}

AdminPage Ready(const AdminSources& sources) {
  const Readiness readiness = sources.readiness();
  if (readiness.ready) return {.body = "ready\n"};
  return {.status = 503, .body = "not ready: " + readiness.reason + "\n"};
}

// /stats;csv;up;no-maint;norefresh and /stats;json;…
bool IsStatistics(std::string_view path) {
  return path.starts_with(kCsvPath) || path.starts_with(kStatJsonPath);
}

AdminPage Statistics(std::string_view options, const AdminView& view) {
  StatFilter filter;
  filter.only_up = options.find(";up") != std::string_view::npos;
  filter.no_maintenance = options.find(";no-maint") != std::string_view::npos;
  if (options.starts_with(kStatJsonPath)) {
    return {.content_type = kJson, .body = StatJson(StatRows(view), filter)};
  }
  return {.body = StatCsv(StatRows(view), filter)};
}

AdminPage Dashboard(std::string_view path) {
  if (path == "/dashboard.js") {
    return {.content_type = "text/javascript; charset=utf-8", .body = std::string(kDashboardJs)};
  }
  if (path == "/dashboard.css") {
    return {.content_type = "text/css; charset=utf-8", .body = std::string(kDashboardCss)};
  }
  return {.content_type = "text/html; charset=utf-8", .body = std::string(kDashboardHtml)};
}

bool IsDashboard(std::string_view path) {
  constexpr std::array<std::string_view, 4> kPaths = {"/", "/stats", "/dashboard.js",
                                                      "/dashboard.css"};
  return std::find(kPaths.begin(), kPaths.end(), path) != kPaths.end();
}

}  // namespace

bool PageNeedsView(std::string_view target) {
  const std::string_view path = Split(target).path;
  return path == "/healthz" || path == "/metrics" || IsStatistics(path) ||
         path.starts_with("/api/v1/");
}

AdminPage MakePage(std::string_view target, const AdminView* view, const AdminSources& sources) {
  const auto [path, query] = Split(target);
  if (path == "/readyz") return Ready(sources);
  if (IsDashboard(path) && sources.config()->admin.dashboard.enabled) return Dashboard(path);
  if (!PageNeedsView(target)) return NotFound();
  if (view == nullptr) return {.status = 503, .body = "the event loops did not answer in time\n"};
  if (path == "/healthz") return Health(*view);
  if (path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = MetricsText(*view)};
  }
  if (IsStatistics(path)) return Statistics(path, *view);
  if (path == "/api/v1/status") return {.content_type = kJson, .body = StatusJson(*view)};
  if (path == "/api/v1/shards") return {.content_type = kJson, .body = ShardsJson(*view)};
  if (path == "/api/v1/rooms") {
    return {.content_type = kJson,
            .body = RoomsJson(*view, *sources.table, ParseRoomsQuery(query))};
  }
  return NotFound();
}

}  // namespace room_router::admin
