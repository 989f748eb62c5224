// SPDX-License-Identifier: Apache-2.0
#include "router/admin/api_routes.h"

#include <algorithm>
#include <array>
#include <optional>

#include "router/admin/api_json.h"
#include "router/admin/assets.h"
#include "router/admin/config_json.h"
#include "router/admin/history_json.h"
#include "router/admin/peers_json.h"
#include "router/admin/room_json.h"
#include "router/admin/rule_api.h"
#include "router/admin/shard_api.h"

namespace room_router::admin {
namespace {

constexpr std::string_view kApi = "/api/v1/";

AdminPage ReadFile(const ApiCall&) { return JsonPage(200, std::string(kOpenApi)); }
AdminPage ReadStatus(const ApiCall& call) { return JsonPage(200, StatusJson(*call.view)); }
AdminPage ReadShards(const ApiCall& call) {
  return JsonPage(200, ShardsJson(*call.view, ParseShardsQuery(call.query)));
}
AdminPage ReadRooms(const ApiCall& call) {
  return JsonPage(200, RoomsJson(*call.view, *call.sources.table, ParseRoomsQuery(call.query)));
}

constexpr auto kRoutes = std::to_array<ApiRoute>({
    {.method = "GET", .path = "/api/v1/openapi.json", .read = ReadFile},
    {.method = "GET", .path = "/api/v1/status", .read = ReadStatus},
    {.method = "GET", .path = "/api/v1/shards", .read = ReadShards},
    {.method = "GET", .path = "/api/v1/shards/{shard}", .read = ReadShard},
    {.method = "POST", .path = "/api/v1/shards/{shard}/drain", .change = OrderDrain},
    {.method = "POST", .path = "/api/v1/shards/{shard}/ready", .change = OrderReady},
    {.method = "POST", .path = "/api/v1/shards/{shard}/maint", .change = OrderMaint},
    {.method = "PUT",
     .path = "/api/v1/shards/{shard}/weight",
     .change = OrderWeight,
     .takes_json = true},
    {.method = "GET", .path = "/api/v1/rooms", .read = ReadRooms},
    {.method = "GET", .path = "/api/v1/rooms/{room}", .read = ReadRoom},
    {.method = "GET", .path = "/api/v1/peers", .read = ReadPeers},
    {.method = "GET", .path = "/api/v1/pins", .read = ReadPins},
    {.method = "POST", .path = "/api/v1/pins", .change = AddPin, .takes_json = true},
    {.method = "DELETE", .path = "/api/v1/pins/{scope}/{name}", .change = RemovePin},
    {.method = "GET", .path = "/api/v1/bans", .read = ReadBans},
    {.method = "POST", .path = "/api/v1/bans", .change = AddBan, .takes_json = true},
    {.method = "DELETE", .path = "/api/v1/bans/{scope}/{name}", .change = RemoveBan},
    {.method = "GET", .path = "/api/v1/config", .read = ReadConfig},
    {.method = "GET", .path = "/api/v1/events", .read = ReadEvents},
});

bool TakesTheRest(std::string_view placeholder) {
  return placeholder == "{room}" || placeholder == "{name}";
}

// The text up to the next slash, which goes too.
std::string_view TakeSegment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(path.size(), segment.size() + 1));
  return segment;
}

// What stands for the {…} of `pattern`, as received; nullopt: the path is another one.
std::optional<std::vector<std::string>> Match(std::string_view pattern, std::string_view path) {
  if (path.ends_with('/') != pattern.ends_with('/')) return std::nullopt;
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    const std::string_view wanted = TakeSegment(pattern);
    if (TakesTheRest(wanted)) {
      if (path.empty()) return std::nullopt;
      parts.emplace_back(path);
      return parts;
    }
    const bool open = wanted.starts_with('{');
    const std::string_view segment = TakeSegment(path);
    if (open ? segment.empty() : segment != wanted) return std::nullopt;
    if (open) parts.emplace_back(segment);
  }
  if (!path.empty()) return std::nullopt;
  return parts;
}

struct Found {
  const ApiRoute* route = nullptr;  // null: nothing takes this method here
  std::vector<std::string> parts{};
  std::string allowed{};  // methods; empty: there is no such path
};

Found Find(std::string_view method, std::string_view path) {
  Found found;
  for (const ApiRoute& route : kRoutes) {
    auto parts = Match(route.path, path);
    if (!parts) continue;
    found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == "GET") found.allowed += ", HEAD";
    if (route.method != method) continue;
    found.route = &route;
    found.parts = *std::move(parts);
  }
  return found;
}

AdminPage NotFound() {
  return ErrorPage(404, "nothing here; GET /api/v1/openapi.json lists what there is");
}

// "limit=ten": numbers that are none. Empty = fine.
std::string BadNumber(std::string_view query) {
  for (const std::string_view name : {"limit", "offset", "after"}) {
    const std::string value = FindParameter(query, name).value_or("");
    if (value.find_first_not_of("0123456789") == std::string::npos && value.size() <= 18) continue;
    return std::string(name) + " is a number, from 0";
  }
  return "";
}

bool IsJson(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return type.size() == kJson.size() &&
         std::ranges::equal(type, kJson, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

}  // namespace

std::span<const ApiRoute> ApiRoutes() { return kRoutes; }

AdminPage MakeApiPage(std::string_view path, std::string_view query, const AdminView* view,
                      const AdminSources& sources) {
  Found found = Find("GET", path);
  if (found.route == nullptr) {
    return found.allowed.empty() ? NotFound() : WrongMethod(path, found.allowed);
  }
  if (view == nullptr && found.route->read != ReadFile) {
    return ErrorPage(503, "the event loops did not answer in time");
  }
  if (auto problem = BadNumber(query); !problem.empty()) return ErrorPage(400, problem);
  AdminPage page = found.route->read({.sources = sources,
                                      .view = view,
                                      .parts = std::move(found.parts),
                                      .query = query,
                                      .body = {}});
  page.tagged = page.status == 200;
  return page;
}

ChangeAnswer MakeChange(const ChangeRequest& request, const AdminSources& sources) {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (!path.starts_with(kApi)) return {.page = WrongMethod(path, "GET, HEAD")};
  Found found = Find(request.method, path);
  if (found.route == nullptr) {
    return {.page = found.allowed.empty() ? NotFound() : WrongMethod(path, found.allowed)};
  }
  const Denial denial = Authorize(request.credentials, sources.config()->admin.token_file);
  if (denial.status != 0) return {.page = ErrorPage(denial.status, denial.message)};
  const bool typed = !request.body.empty() && !request.content_type.empty();
  if (found.route->takes_json && typed && !IsJson(request.content_type)) {
    return {.page = ErrorPage(415, "send Content-Type: application/json")};
  }
  return found.route->change({.sources = sources,
                              .parts = std::move(found.parts),
                              .query = target.substr(std::min(path.size() + 1, target.size())),
                              .body = request.body});
}

}  // namespace room_router::admin
