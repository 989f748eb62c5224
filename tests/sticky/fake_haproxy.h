// SPDX-License-Identifier: Apache-2.0
// Another HAProxy in the tests of TableExchange: the bytes it would send, and the entries it would
// have after what it was told.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sticky/haproxy_peers_session.h"

namespace room_router::haproxy {

inline std::string UpdateBytes(std::string_view room, std::string_view server, uint32_t id = 1,
                               std::optional<Duration> left = {}) {
  std::string body, bytes;
  AppendFixed32(id, body);
  if (left) AppendFixed32(static_cast<uint32_t>(left->count()), body);
  AppendVarint(room.size(), body);
  body += room;
  AppendVarint(1, body);  // server_id
  AppendVarint(server.empty() ? 0 : server.size() + 2, body);
  if (!server.empty()) AppendVarint(1, body);
  if (!server.empty()) AppendVarint(server.size(), body);
  body += server;
  Append(left ? TableMessage::kTimedUpdate : TableMessage::kUpdate, body, bytes);
  return bytes;
}

inline std::string AcknowledgeBytes(uint32_t update) {
  std::string bytes;
  Append(Acknowledgement{.table = 1, .update = update}, bytes);
  return bytes;
}

struct FakeHaproxy {
  std::optional<PeerSession> ours;  // our side of the connection to it
  std::optional<RemoteTables> tables;
  std::map<std::string, std::string> entries;            // room → server key
  std::map<std::string, std::optional<Duration>> times;  // room → as told last
  std::string said;                                      // what it was told that is no update
  size_t updates = 0;
  uint32_t last_update = 0;

  void Hear() {
    std::string bytes = ours->TakeOutgoing();
    std::string_view rest = bytes;
    for (Frame frame = ReadFrame(rest); frame.size > 0; frame = ReadFrame(rest)) {
      ASSERT_EQ(frame.status, Frame::Status::kComplete);
      rest.remove_prefix(frame.size);
      const auto type = static_cast<TableMessage>(frame.type);
      SessionEvents events;
      if (frame.message_class == 0) {
        said += "control " + std::to_string(frame.type) + "; ";
      } else if (type == TableMessage::kDefine) {
        ASSERT_TRUE(tables->Define(frame.body, events));
      } else if (type != TableMessage::kAcknowledge) {
        ASSERT_TRUE(tables->Update(type, frame.body, events));
      }
      for (const auto& event : events) {
        if (event.kind != SessionEvent::Kind::kLearned) continue;
        ++updates;
        entries[event.name] = event.server_key.value_or("");
        times[event.name] = event.expires_in;
        last_update = tables->TakeAcknowledgement()->update;
      }
    }
    ASSERT_TRUE(rest.empty());
  }
};

}  // namespace room_router::haproxy
