// SPDX-License-Identifier: Apache-2.0
#include "sticky/room_key.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "sticky/bridge_target.h"
#include "sticky/query.h"

namespace room_router {
namespace {

constexpr std::string_view kTenantParameter = "tenant", kPadParameter = "padId";
constexpr std::string_view kRoomParameter = "room";  // of the whiteboard, whatever ours is called
constexpr std::string_view kWebsocketEndpoint = "xmpp-websocket";
constexpr std::string_view kBridgePath = "/colibri-ws/";

std::string_view LastSegment(std::string_view path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string_view::npos) return {};
  path = path.substr(0, end + 1);
  return path.substr(path.rfind('/') + 1);
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

void Clear(RoomRequest& out) {
  out.request_class = RequestClass::kStatic;
  out.key_namespace = KeyNamespace::kRoom;
  out.error = RoomError::kNone;
  out.local = LocalAnswer::kNone;
  out.has_key = out.may_name_shard = false;
  out.key = {};
  out.canonical.clear();
  out.tenant.clear();
  out.room.clear();
  out.shard.clear();
  out.query = {};
}

// The room from `name=`; occurrences that name another room are an error, as the shard might read
// any of them.
void ReadParameter(std::string_view query, std::string_view name, RoomRequest& out) {
  QueryParameter parameter(query, name);
  std::string_view raw, again;
  if (!parameter.Next(raw)) return;
  out.error = NormaliseRoom(raw, NameSource::kQuery, out.room);
  while (out.error == RoomError::kNone && parameter.Next(again)) {
    if (again == raw) continue;
    std::string other;
    out.error = NormaliseRoom(again, NameSource::kQuery, other);
    if (out.error == RoomError::kNone && other != out.room)
      out.error = RoomError::kConflictingRooms;
  }
}

// Joins tenant and room and hashes them, unless there is no room or something was wrong.
void Finish(RoomRequest& out) {
  if (out.error != RoomError::kNone || out.room.empty()) return;
  if (!out.tenant.empty()) {
    out.canonical.push_back('[');
    out.canonical.append(out.tenant).push_back(']');
  }
  out.canonical.append(out.room);
  const XXH128_hash_t hash = XXH3_128bits(out.canonical.data(), out.canonical.size());
  out.key = {.high = hash.high64, .low = hash.low64};
  out.has_key = true;
}

}  // namespace

std::string_view ToString(RequestClass request_class) {
  switch (request_class) {
    case RequestClass::kSignalling:
      return "signalling";
    case RequestClass::kPage:
      return "page";
    case RequestClass::kExplicitShard:
      return "explicit_shard";
    case RequestClass::kOwnNamespace:
      return "own_namespace";
    case RequestClass::kStatic:
      return "static";
    case RequestClass::kBridge:
      return "bridge";
    case RequestClass::kOther:
      return "other";
  }
  return "";
}

struct RoomKeyReader::Source {
  std::string_view method, host, path, query;
  bool upgrade = false;
  EndpointMatch match;
};

RoomKeyReader::RoomKeyReader(const config::RoomKey& config)
    : config_(config),
      endpoints_(config.endpoints),
      guards_bridges_(endpoints_.Find(kBridgePath).kind == EndpointKind::kBridge) {}

void RoomKeyReader::Read(std::string_view method, std::string_view target, std::string_view host,
                         bool upgrade, RoomRequest& out) const {
  Clear(out);
  const size_t mark = target.find('?');
  Source source{.method = method, .host = host, .path = target.substr(0, mark), .upgrade = upgrade};
  if (mark != std::string_view::npos) source.query = out.query = target.substr(mark + 1);
  if (guards_bridges_ && ConcernsBridges(source.path)) {
    out.request_class = RequestClass::kBridge;
    return;
  }
  if (config_.mode == config::RoomKeyMode::kQuery) return ReadQueryMode(source, out);
  if (!source.path.starts_with('/')) return;  // OPTIONS *
  source.match = endpoints_.Find(source.path);
  switch (source.match.kind) {
    case EndpointKind::kSignalling:
    case EndpointKind::kRoomOnly:
    case EndpointKind::kWebsocket:
    case EndpointKind::kUnlock:
      return ReadSignalling(source, out);
    case EndpointKind::kPage:
    case EndpointKind::kLoadTest:
      return ReadPage(source, out);
    case EndpointKind::kNamedShard:
      return ReadNamedShard(source, out);
    case EndpointKind::kWhiteboard:
    case EndpointKind::kEtherpad:
      return ReadOwnNamespace(source, out);
    case EndpointKind::kBridge:
      out.request_class = RequestClass::kBridge;
      return;
    case EndpointKind::kReserved:
    case EndpointKind::kNone:
      return ReadUnknownPath(source, out);
    case EndpointKind::kStatic:
      return;
  }
}

void RoomKeyReader::ReadName(std::string_view tenant, std::string_view room,
                             RoomRequest& out) const {
  Clear(out);
  out.request_class = RequestClass::kSignalling;
  out.may_name_shard = config_.force_shard;
  out.error = NormaliseRoom(room, NameSource::kPath, out.room);
  if (out.error == RoomError::kNone) {
    out.error = NormaliseTenant(tenant, NameSource::kPath, out.tenant);
  }
  Finish(out);
}

void RoomKeyReader::ReadTyped(std::string_view name, RoomRequest& out) const {
  const size_t end = name.starts_with('[') ? name.find(']') : name.npos;
  if (end == name.npos) return ReadName("", name, out);
  ReadName(name.substr(1, end - 1), name.substr(end + 1), out);
}

void RoomKeyReader::ReadQueryMode(const Source& source, RoomRequest& out) const {
  ReadParameter(source.query, config_.query_parameter, out);
  Finish(out);
  if (out.has_key || out.error != RoomError::kNone) out.request_class = RequestClass::kSignalling;
}

void RoomKeyReader::ReadSignalling(const Source& source, RoomRequest& out) const {
  out.request_class = RequestClass::kSignalling;
  ReadParameter(source.query, config_.query_parameter, out);
  const EndpointKind kind = source.match.kind;
  if (kind == EndpointKind::kRoomOnly && out.room.empty() && out.error == RoomError::kNone) {
    return ReadUnknownPath(source, out);
  }
  ReadTenant(source, out);
  Finish(out);
  if (kind == EndpointKind::kUnlock || (kind == EndpointKind::kWebsocket && !source.upgrade)) {
    AllowKeepalive(source, out);
  }
}

void RoomKeyReader::ReadPage(const Source& source, RoomRequest& out) const {
  out.request_class = RequestClass::kPage;
  if (source.match.kind == EndpointKind::kPage) {
    ReadParameter(source.query, config_.query_parameter, out);
  }
  if (out.room.empty() && out.error == RoomError::kNone) {
    out.error = NormaliseRoom(LastSegment(source.match.below), NameSource::kPath, out.room);
  }
  ReadTenant(source, out);
  Finish(out);
}

void RoomKeyReader::ReadNamedShard(const Source& source, RoomRequest& out) const {
  out.request_class = RequestClass::kExplicitShard;
  out.shard = source.match.below.substr(0, source.match.below.find('/'));
  ReadParameter(source.query, config_.query_parameter, out);
  std::string_view tenant;
  const bool has_tenant = QueryParameter(source.query, kTenantParameter).Next(tenant);
  if (has_tenant && out.error == RoomError::kNone) {
    out.error = NormaliseTenant(tenant, NameSource::kQuery, out.tenant);
  }
  if (out.tenant.empty()) ReadTenant(source, out);
  Finish(out);
  const std::string_view last = LastSegment(source.match.below);
  if (last == kWebsocketEndpoint && !source.upgrade) AllowKeepalive(source, out);
}

// A whiteboard's room is a hash that covers the tenant, a pad's name is global: no tenant.
void RoomKeyReader::ReadOwnNamespace(const Source& source, RoomRequest& out) const {
  out.request_class = RequestClass::kOwnNamespace;
  const bool pad = source.match.kind == EndpointKind::kEtherpad;
  out.key_namespace = pad ? KeyNamespace::kEtherpad : KeyNamespace::kWhiteboard;
  ReadParameter(source.query, pad ? kPadParameter : kRoomParameter, out);
  const std::string_view below = source.match.below;
  if (pad && out.room.empty() && out.error == RoomError::kNone && below.starts_with("p/")) {
    const std::string_view name = below.substr(2);
    out.error = NormaliseRoom(name.substr(0, name.find('/')), NameSource::kPath, out.room);
  }
  Finish(out);
}

// `/<room>`, `/<tenant>/<room>`, or anything with a ?room=, for which a tenant can't be told.
void RoomKeyReader::ReadUnknownPath(const Source& source, RoomRequest& out) const {
  const std::string_view last = LastSegment(source.path);
  if (last.empty()) return;
  ReadParameter(source.query, config_.query_parameter, out);
  if (!out.room.empty() || out.error != RoomError::kNone) {
    out.request_class = RequestClass::kOther;
    return Finish(out);
  }
  out.request_class = RequestClass::kStatic;
  std::string_view before =
      source.path.substr(0, static_cast<size_t>(last.data() - source.path.data()));
  before = before.substr(0, before.find_last_not_of('/') + 1);
  const bool deeper = LastSegment(before).size() + 1 < before.size();
  if (source.match.kind == EndpointKind::kReserved || deeper) return;
  out.request_class = RequestClass::kPage;
  out.error = NormaliseRoom(last, NameSource::kPath, out.room);
  Source page = source;
  page.match.first = LastSegment(before);
  ReadTenant(page, out);
  Finish(out);
}

void RoomKeyReader::ReadTenant(const Source& source, RoomRequest& out) const {
  out.may_name_shard = config_.force_shard;
  if (out.error != RoomError::kNone) return;
  if (config_.tenant.from_path && !source.match.first.empty()) {
    out.error = NormaliseTenant(source.match.first, NameSource::kPath, out.tenant);
    return;
  }
  const std::string_view suffix = config_.tenant.from_host;
  if (suffix.empty()) return;
  const std::string_view name = source.host.substr(0, source.host.find(':'));
  if (name.size() <= suffix.size()) return;
  const size_t dot = name.size() - suffix.size();
  if (!EqualsIgnoringCase(name.substr(dot), suffix)) return;
  out.error = NormaliseTenant(name.substr(0, dot), NameSource::kPath, out.tenant);
}

void RoomKeyReader::AllowKeepalive(const Source& source, RoomRequest& out) const {
  const bool asks = source.method == "GET" || source.method == "HEAD";
  if (asks && out.has_key && config_.keepalive == config::Keepalive::kLocal) {
    out.local = LocalAnswer::kKeepalive;
  }
}

}  // namespace room_router
