// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_pages.h"

#include <algorithm>

#include "router/admin/api_json.h"
#include "router/admin/api_routes.h"
#include "router/admin/assets.h"
#include "router/admin/stat_csv.h"
#include "router/admin/stat_rows.h"
#include "router/metrics.h"

namespace room_router::admin {
namespace {

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kApi = "/api/v1/", kApiFile = "/api/v1/openapi.json";
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
              "Nothing here. Try / /metrics /healthz /readyz /stats;csv "
              "/api/v1/openapi.json\n"};
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

std::string_view ContentType(std::string_view file) {
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/html; charset=utf-8";
}

// The page at / and /stats, what it loads at /dashboard/FILE.
const Asset* FindAsset(std::string_view path) {
  constexpr std::string_view kFolder = "/dashboard/", kPage = "page.html";
  const bool is_page = path == "/" || path == "/stats";
  if (!is_page && !path.starts_with(kFolder)) return nullptr;
  const std::string_view name = is_page ? kPage : path.substr(kFolder.size());
  const auto asset = std::ranges::find(kDashboard, name, &Asset::name);
  return asset == kDashboard.end() ? nullptr : &*asset;
}

}  // namespace

AdminPage JsonPage(unsigned status, std::string body) {
  return {.status = status, .content_type = kJson, .body = std::move(body)};
}

AdminPage ErrorPage(unsigned status, std::string_view message) {
  return JsonPage(status, ErrorJson(message));
}

AdminPage WrongMethod(std::string_view path, std::string_view allowed) {
  AdminPage page = ErrorPage(405, std::string(path) + " takes " + std::string(allowed) + " only");
  page.allow = allowed;
  return page;
}

bool PageNeedsView(std::string_view target) {
  const std::string_view path = Split(target).path;
  return path == "/healthz" || path == "/metrics" || IsStatistics(path) ||
         (path.starts_with(kApi) && path != kApiFile);
}

AdminPage MakePage(std::string_view target, const AdminView* view, const AdminSources& sources) {
  const auto [path, query] = Split(target);
  if (path == "/readyz") return Ready(sources);
  if (const Asset* asset = FindAsset(path); asset && sources.config()->admin.dashboard.enabled) {
    return {.content_type = ContentType(asset->name), .body = std::string(asset->text)};
  }
  if (path.starts_with(kApi)) return MakeApiPage(path, query, view, sources);
  if (!PageNeedsView(target)) return NotFound();
  if (view == nullptr) return {.status = 503, .body = "the event loops did not answer in time\n"};
  if (path == "/healthz") return Health(*view);
  if (path == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = MetricsText(*view)};
  }
  if (IsStatistics(path)) return Statistics(path, *view);
  return NotFound();
}

}  // namespace room_router::admin
