// SPDX-License-Identifier: Apache-2.0
// What one demo shard answers over plain HTTP: the pages, config.js, keepalive, BOSH and health, in
// the shape of a Jitsi shard and each saying which shard it is.
//
// Reads rooms with the router's own RoomKeyReader, as any shard has to see two spellings of a room
// as one. Pure and const; one per shard.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sticky/room_key.h"

namespace room_router::demo {

struct Reply {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class Site {
 public:
  // `dashboards`: replica port → its dashboard's port, for links from the pages.
  Site(std::string shard, std::map<uint16_t, uint16_t> dashboards);

  Reply Answer(std::string_view method, std::string_view target, std::string_view host) const;

  // The room a websocket request asks for; has_key is false when it is none of the chat's.
  RoomRequest ChatRoom(std::string_view target, std::string_view host) const;

 private:
  Reply Page(std::string_view text) const;

  const std::string shard_;
  const std::string config_;  // the body of config.js
  const RoomKeyReader reader_;
};

}  // namespace room_router::demo
