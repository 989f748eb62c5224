// SPDX-License-Identifier: Apache-2.0
#include "router/demo/site.h"

#include <nlohmann/json.hpp>

#include "router/demo/pages.h"

namespace room_router::demo {
namespace {

constexpr std::string_view kChat = "xmpp-websocket";

std::string ConfigScript(const std::string& shard, const std::map<uint16_t, uint16_t>& dashboards) {
  nlohmann::json ports = nlohmann::json::object();
  for (const auto& [port, dashboard] : dashboards) ports[std::to_string(port)] = dashboard;
  const nlohmann::json config = {{"shard", shard}, {"dashboards", ports}};
  return "var config = " + config.dump() + ";\n";
}

std::string_view LastSegment(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path.substr(path.rfind('/') + 1);
}

std::string Fill(std::string_view page, std::string_view shard) {
  constexpr std::string_view kMark = "{{shard}}";
  std::string text(page);
  for (size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), shard);
  }
  return text;
}

}  // namespace

Site::Site(std::string shard, std::map<uint16_t, uint16_t> dashboards)
    : shard_(std::move(shard)),
      config_(ConfigScript(shard_, dashboards)),
      reader_(config::RoomKey{}) {}

Reply Site::Answer(std::string_view method, std::string_view target, std::string_view host) const {
  const std::string_view last = LastSegment(target);
  if (target.starts_with("/about/health")) return {.body = "healthy\n"};
  if (last == "config.js") return {.type = "text/javascript; charset=utf-8", .body = config_};
  if (last == "_unlock" || last == kChat) return {};
  if (last == "http-bind") {
    if (method != "POST") return {.status = 405, .headers = {{"Allow", "POST"}}};
    return {.type = "text/xml; charset=utf-8",
            .body = "<body xmlns='http://jabber.org/protocol/httpbind' shard='" + shard_ + "'/>\n"};
  }
  if (method != "GET" && method != "HEAD")
    return {.status = 405, .headers = {{"Allow", "GET, HEAD"}}};
  if (target == "/" || target.starts_with("/?")) return Page(pages::kHome);
  RoomRequest request;
  reader_.Read(method, target, host, false, request);
  if (request.request_class == RequestClass::kPage && request.has_key) return Page(pages::kRoom);
  return {.status = 404, .body = "not found on " + shard_ + "\n"};
}

RoomRequest Site::ChatRoom(std::string_view target, std::string_view host) const {
  RoomRequest request;
  reader_.Read("GET", target, host, true, request);
  if (LastSegment(target) != kChat) request.has_key = false;
  return request;
}

Reply Site::Page(std::string_view text) const {
  return {.type = "text/html; charset=utf-8", .body = Fill(text, shard_)};
}

}  // namespace room_router::demo
