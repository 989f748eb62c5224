// SPDX-License-Identifier: Apache-2.0
#include "sticky/endpoint_table.h"

#include <algorithm>
#include <utility>

namespace room_router {
namespace {

using Kind = EndpointKind;

struct Default {
  std::string_view path;
  Kind kind;
  bool behind_tenant = true;
};

constexpr Default kDefaults[] = {
    {"http-bind", Kind::kSignalling},
    {"xmpp-websocket", Kind::kWebsocket},
    {"_unlock", Kind::kUnlock},
    {"conference-request/v1", Kind::kSignalling},
    {"_api/room-info", Kind::kSignalling},
    {"room-size", Kind::kRoomOnly},
    {"room", Kind::kRoomOnly},
    {"room-password", Kind::kRoomOnly},
    {"end-meeting", Kind::kRoomOnly},
    {"kick-participant", Kind::kRoomOnly},
    {"send-system-chat-message", Kind::kRoomOnly},
    {"invite-jigasi", Kind::kRoomOnly},
    {"config.js", Kind::kPage},
    {"_load-test", Kind::kLoadTest, false},
    {"v1/_ws", Kind::kNamedShard, false},
    {"v1", Kind::kReserved, false},
    {"_api", Kind::kReserved, false},
    {"conference-request", Kind::kReserved, false},
    {"socket.io", Kind::kWhiteboard},
    {"etherpad", Kind::kEtherpad},
    {"colibri-ws", Kind::kBridge, false},
    {"colibri-relay-ws", Kind::kBridge, false},
    {"libs", Kind::kStatic},
    {"css", Kind::kStatic},
    {"static", Kind::kStatic},
    {"images", Kind::kStatic},
    {"img", Kind::kStatic},
    {"fonts", Kind::kStatic},
    {"lang", Kind::kStatic},
    {"sounds", Kind::kStatic},
    {"connection_optimization", Kind::kStatic},
    {".well-known", Kind::kStatic},
    {"transcripts", Kind::kStatic},
    {"robots.txt", Kind::kStatic},
    {"apple-app-site-association", Kind::kStatic},
    {"rtcstats-ws", Kind::kStatic, false},
    {"rtc-visualizer", Kind::kStatic, false},
    {"about", Kind::kStatic, false},
    {"_health", Kind::kStatic, false},
};
constexpr std::string_view kStaticSuffixes[] = {".js", ".json", ".html", ".xml"};
constexpr std::string_view kStaticPrefix = "favicon.";

Kind KindOf(config::EndpointClass endpoint_class) {
  switch (endpoint_class) {
    case config::EndpointClass::kSignalling:
      return Kind::kSignalling;
    case config::EndpointClass::kPage:
      return Kind::kPage;
    case config::EndpointClass::kStatic:
      return Kind::kStatic;
    case config::EndpointClass::kWhiteboard:
      return Kind::kWhiteboard;
    case config::EndpointClass::kEtherpad:
      return Kind::kEtherpad;
    case config::EndpointClass::kBridge:
      return Kind::kBridge;
    case config::EndpointClass::kUnlock:
      return Kind::kUnlock;
  }
  return Kind::kNone;
}

std::string_view WithoutSlashes(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  return text;
}

size_t SegmentSize(std::string_view rest) { return std::min(rest.find('/'), rest.size()); }

// Whether `rest` is `path` or something below it.
bool Covers(std::string_view path, std::string_view rest) {
  return rest.starts_with(path) && (rest.size() == path.size() || rest[path.size()] == '/');
}

}  // namespace

EndpointTable::EndpointTable(const std::map<std::string, config::EndpointClass>& overrides) {
  for (const Default& rule : kDefaults) {
    Put({.path = std::string(rule.path), .kind = rule.kind, .behind_tenant = rule.behind_tenant});
  }
  for (const auto& [path, endpoint_class] : overrides) {
    const Kind kind = KindOf(endpoint_class);
    if (path.starts_with('*')) {
      suffixes_.push_back({.text = path.substr(1), .kind = kind});
    } else if (path.ends_with('*')) {
      prefixes_.push_back({.text = path.substr(0, path.size() - 1), .kind = kind});
    } else {
      const size_t end = path.find_last_not_of('/');
      if (end != std::string::npos) Put({.path = path.substr(0, end + 1), .kind = kind});
    }
  }
  for (const auto suffix : kStaticSuffixes) {
    suffixes_.push_back({.text = std::string(suffix), .kind = Kind::kStatic});
  }
  prefixes_.push_back({.text = std::string(kStaticPrefix), .kind = Kind::kStatic});
}

size_t EndpointTable::BucketOf(std::string_view segment) {
  const auto byte = [](char c) { return static_cast<size_t>(static_cast<unsigned char>(c)); };
  return (segment.size() * 29 + byte(segment.front()) * 5 + byte(segment.back())) & (kBuckets - 1);
}

void EndpointTable::Put(Rule rule) {
  const std::string_view path = rule.path;
  auto& bucket = buckets_[BucketOf(path.substr(0, SegmentSize(path)))];
  std::erase_if(bucket, [&](const Rule& other) { return other.path == rule.path; });
  const auto place = std::find_if(bucket.begin(), bucket.end(), [&](const Rule& other) {
    return other.path.size() < rule.path.size();
  });
  bucket.insert(place, std::move(rule));
}

EndpointKind EndpointTable::KindOfFile(std::string_view name) const {
  if (name.find('.') == std::string_view::npos) return Kind::kNone;
  for (const FileRule& rule : suffixes_) {
    if (name.ends_with(rule.text)) return rule.kind;
  }
  for (const FileRule& rule : prefixes_) {
    if (name.starts_with(rule.text)) return rule.kind;
  }
  return Kind::kNone;
}

EndpointMatch EndpointTable::Find(std::string_view path) const {
  EndpointMatch match;
  std::string_view segment;
  for (std::string_view rest = WithoutSlashes(path); !rest.empty();) {
    const size_t size = SegmentSize(rest);
    segment = rest.substr(0, size);
    const bool at_start = match.first.empty();
    for (const Rule& rule : buckets_[BucketOf(segment)]) {
      if (!Covers(rule.path, rest) || !(at_start || rule.behind_tenant)) continue;
      match.kind = rule.kind;
      match.below = WithoutSlashes(rest.substr(rule.path.size()));
      return match;
    }
    if (at_start) match.first = segment;
    rest = WithoutSlashes(rest.substr(size));
  }
  match.kind = KindOfFile(segment);
  return match;
}

}  // namespace room_router
