// SPDX-License-Identifier: Apache-2.0
// One demo shard: its site, its rooms, and the websockets that are in them. Lives on the thread of
// its ShardServer, outlives the connections that refer to it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "router/demo/chat.h"
#include "router/demo/site.h"

namespace room_router::demo {

class ChatSocket;

struct Shard {
  Shard(const std::string& shard_name, const std::map<uint16_t, uint16_t>& dashboards)
      : name(shard_name), site(shard_name, dashboards), chat(shard_name) {}

  const std::string name;
  const Site site;
  Chat chat;
  std::map<ParticipantId, std::shared_ptr<ChatSocket>> sockets;
  ParticipantId last_id = 0;
};

// Serves a connection until it ends; an upgrade to a room's chat joins the room.
void ServeConnection(boost::asio::ip::tcp::socket socket, Shard& shard);

}  // namespace room_router::demo
