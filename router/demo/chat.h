// SPDX-License-Identifier: Apache-2.0
// The conferences of one demo shard: who is in which room, and what each message makes the others
// hear. Stands in for a shard's Prosody: rooms live here and nowhere else, so two people who reach
// different shards never meet.
//
// Pure: messages in, messages out, all JSON text. Every list and text is bounded; what exceeds a
// bound or is no valid message is answered to its sender or ignored. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace room_router::demo {

using ParticipantId = uint64_t;

struct ChatMessage {
  ParticipantId to = 0;
  std::string text;
};

class Chat {
 public:
  explicit Chat(std::string shard) : shard_(std::move(shard)) {}

  // `key` tells rooms apart, `room` is its name for display. The answer greets the newcomer and
  // tells everybody the new list.
  std::vector<ChatMessage> Join(ParticipantId id, std::string_view key, std::string_view room);
  std::vector<ChatMessage> Leave(ParticipantId id);

  // {"type":"name","name":…} or {"type":"chat","text":…}.
  std::vector<ChatMessage> Receive(ParticipantId id, std::string_view message);

  static constexpr size_t kMaxParticipants = 200;          // per room
  static constexpr size_t kMaxName = 64, kMaxText = 2000;  // bytes

 private:
  using Room = std::map<ParticipantId, std::string>;  // names, in order of arrival

  std::vector<ChatMessage> ToRoom(const std::string& key, const std::string& text) const;
  std::vector<ChatMessage> Participants(const std::string& key) const;

  const std::string shard_;
  std::map<std::string, Room, std::less<>> rooms_;
  std::map<ParticipantId, std::string> key_of_;
};

}  // namespace room_router::demo
