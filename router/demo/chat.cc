// SPDX-License-Identifier: Apache-2.0
#include "router/demo/chat.h"

#include <nlohmann/json.hpp>

namespace room_router::demo {
namespace {

using Json = nlohmann::json;

// Names come from URLs and may hold any byte.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A string member, cut to `limit` bytes; empty when it is missing or something else.
std::string Text(const Json& json, const char* member, size_t limit) {
  const auto found = json.find(member);
  if (found == json.end() || !found->is_string()) return {};
  return found->get<std::string>().substr(0, limit);
}

}  // namespace

std::vector<ChatMessage> Chat::Join(ParticipantId id, std::string_view key, std::string_view room) {
  auto [found, added] = rooms_.try_emplace(std::string(key));
  if (found->second.size() >= kMaxParticipants) {
    return {{id, Dump({{"type", "full"}, {"shard", shard_}})}};
  }
  found->second[id] = "Guest " + std::to_string(id);
  key_of_[id] = found->first;
  const Json hello = {
      {"type", "hello"}, {"shard", shard_}, {"room", room}, {"you", std::to_string(id)}};
  std::vector<ChatMessage> out{{id, Dump(hello)}};
  for (ChatMessage& message : Participants(found->first)) out.push_back(std::move(message));
  return out;
}

std::vector<ChatMessage> Chat::Leave(ParticipantId id) {
  const auto found = key_of_.find(id);
  if (found == key_of_.end()) return {};
  const std::string key = found->second;
  key_of_.erase(found);
  Room& room = rooms_[key];
  room.erase(id);
  if (!room.empty()) return Participants(key);
  rooms_.erase(key);
  return {};
}

std::vector<ChatMessage> Chat::Receive(ParticipantId id, std::string_view message) {
  const auto found = key_of_.find(id);
  if (found == key_of_.end()) return {};
  const Json json = Json::parse(message, nullptr, false);
  if (!json.is_object()) return {};
  const std::string& key = found->second;
  std::string& name = rooms_[key][id];
  const std::string type = Text(json, "type", kMaxName);
  if (type == "name") {
    const std::string wanted = Text(json, "name", kMaxName);
    if (!wanted.empty()) name = wanted;
    return Participants(key);
  }
  const std::string text = Text(json, "text", kMaxText);
  if (type != "chat" || text.empty()) return {};
  return ToRoom(key, Dump({{"type", "chat"},
                           {"from", std::to_string(id)},
                           {"name", name},
                           {"text", text},
                           {"shard", shard_}}));
}

std::vector<ChatMessage> Chat::ToRoom(const std::string& key, const std::string& text) const {
  std::vector<ChatMessage> out;
  for (const auto& [id, name] : rooms_.find(key)->second) out.push_back({id, text});
  return out;
}

std::vector<ChatMessage> Chat::Participants(const std::string& key) const {
  Json list = Json::array();
  for (const auto& [id, name] : rooms_.find(key)->second) {
    list.push_back({{"id", std::to_string(id)}, {"name", name}});
  }
  return ToRoom(key, Dump({{"type", "participants"}, {"participants", list}}));
}

}  // namespace room_router::demo
