// SPDX-License-Identifier: Apache-2.0
// Which endpoint of a Jitsi shard a request path names, and what stands before and after it.
//
// Defaults are those of jitsi-meet's and docker-jitsi-meet's nginx; `room_key.endpoints` adds to
// them and overrides. A rule covers its path and everything below it. It is looked for at the
// first segment, then behind a tenant (`/<tenant>/…`), then deeper. `*.js` and `favicon.*` match
// the last segment, when no other rule does. Paths are compared as received: nothing is decoded.
//
// Pure; const and thread-safe after construction; one small table lookup per segment, no
// allocation.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace room_router {

enum class EndpointKind : uint8_t {
  kNone,        // no rule: a page, or any path with ?room=
  kSignalling,  //
  kRoomOnly,    // signalling when there is a ?room=, else the page of a room of that name
  kWebsocket,   // signalling; a GET without upgrade is the client's keepalive
  kUnlock,      // signalling; the client's keepalive
  kPage,        // a page whose room is ?room=, else the last segment below it
  kLoadTest,    // `/_load-test/<room>`: the page of that room
  kReserved,    // neither room nor tenant; other with ?room=, else static
  kNamedShard,  // `/v1/_ws/<shard>/…`
  kWhiteboard,
  kEtherpad,
  kBridge,
  kStatic,
};

struct EndpointMatch {
  EndpointKind kind = EndpointKind::kNone;
  std::string_view first;  // first segment, when the endpoint is not in it: the tenant's place
  std::string_view below;  // what follows the endpoint, without the slash
};

class EndpointTable {
 public:
  explicit EndpointTable(const std::map<std::string, config::EndpointClass>& overrides);

  // `path` starts with a slash and has no query.
  EndpointMatch Find(std::string_view path) const;

 private:
  struct Rule {
    std::string path;
    EndpointKind kind = EndpointKind::kNone;
    bool behind_tenant = true;
  };
  struct FileRule {
    std::string text;
    EndpointKind kind = EndpointKind::kNone;
  };
  static constexpr size_t kBuckets = 128;  // power of two

  static size_t BucketOf(std::string_view segment);
  void Put(Rule rule);
  EndpointKind KindOfFile(std::string_view name) const;

  std::array<std::vector<Rule>, kBuckets> buckets_;  // by first segment; longest path first
  std::vector<FileRule> suffixes_, prefixes_;
};

}  // namespace room_router
