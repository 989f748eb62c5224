// SPDX-License-Identifier: Apache-2.0
#include "router/cli/locate.h"

#include <fmt/core.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "router/cli/admin_client.h"
#include "router/cli/check.h"

namespace room_router::cli {
namespace {

// The path and query, with the leading slash that "https://host?room=x" lacks.
std::string Target(std::string_view rest) {
  rest = rest.substr(0, rest.find('#'));
  return rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
}

std::string_view Explain(RoomError error) {
  switch (error) {
    case RoomError::kNone:
      break;
    case RoomError::kConflictingRooms:
      return "several room= parameters name different rooms; the router answers 400";
    case RoomError::kControlCharacter:
      return "the name holds a control character; the router answers 400";
    case RoomError::kTooLong:
      return "the name is too long; the router answers 414";
  }
  return {};
}

std::optional<config::Config> Load(const std::string& path) {
  if (!path.empty()) return LoadOrComplain(path, Overdue::kTaken);
  std::error_code ignored;
  if (std::filesystem::exists(kDefaultConfig, ignored)) {
    return LoadOrComplain(kDefaultConfig, Overdue::kTaken);
  }
  return config::Config{};
}

// One line for the shard; false when the socket gave no answer.
bool PrintShard(const AdminClient& client, const config::Config& config, const RoomRequest& room) {
  const AdminAnswer answer =
      client.Ask(JoinWords({"show", "table", config.stick_table.name, "key", room.canonical}));
  if (answer.failed) {
    std::cerr << answer.text << '\n';
    return false;
  }
  const std::string shard = ShardOf(answer.text);
  fmt::print("shard:     {}\n", shard.empty() ? "none yet (no entry in the stick table)" : shard);
  return true;
}

}  // namespace

RoomRequest ReadPlace(const RoomKeyReader& reader, std::string_view place) {
  RoomRequest request;
  const size_t scheme = place.find("://");
  if (scheme != std::string_view::npos) {
    const std::string_view rest = place.substr(scheme + 3);
    const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    reader.Read("GET", Target(rest.substr(host.size())), host, place.starts_with("ws"), request);
  } else if (place.find('/') != std::string_view::npos) {
    reader.Read("GET", Target(place), "", false, request);
  } else {
    reader.ReadName("", place, request);
  }
  return request;
}

std::string Describe(std::string_view place, const RoomRequest& request) {
  std::string text =
      fmt::format("place:     {}\nclass:     {}\n", place, ToString(request.request_class));
  if (request.error != RoomError::kNone) {
    return text + fmt::format("error:     {}\n", Explain(request.error));
  }
  if (!request.shard.empty()) text += fmt::format("names:     shard {}\n", request.shard);
  if (!request.has_key) return text + "key:       none (any shard may answer)\n";
  return text +
         fmt::format("tenant:    {}\nroom:      {}\ncanonical: {}\nkey:       {:016x}{:016x}\n",
                     request.tenant.empty() ? "(none)" : request.tenant, request.room,
                     request.canonical, request.key.high, request.key.low);
}

std::string ShardOf(std::string_view table) {
  constexpr std::string_view kField = " server_key=";
  const size_t start = table.find(kField);
  if (start == std::string_view::npos) return {};
  const std::string_view value = table.substr(start + kField.size());
  const std::string_view shard = value.substr(0, value.find_first_of(" \n"));
  return shard == "-" ? std::string() : std::string(shard);
}

int Locate(const LocateCommand& command) {
  const auto config = Load(command.config);
  if (!config) return kFailure;
  const RoomKeyReader reader(config->room_key);
  const AdminClient client(command.admin);
  int status = kSuccess;
  bool first = true;
  for (const std::string& place : command.urls) {
    const RoomRequest request = ReadPlace(reader, place);
    fmt::print("{}{}", first ? "" : "\n", Describe(place, request));
    first = false;
    if (request.error != RoomError::kNone) status = kFailure;
    if (command.admin.empty() || !request.has_key) continue;
    if (!PrintShard(client, *config, request)) return kFailure;
  }
  return status;
}

}  // namespace room_router::cli
