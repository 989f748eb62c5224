// SPDX-License-Identifier: Apache-2.0
#include "router/admin/api_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace room_router::admin {
namespace {

using std::chrono::milliseconds;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TimeText(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms % 1000);
}

std::string TimeText(const AdminView& view, TimePoint time) {
  return TimeText(view.start_time + std::chrono::floor<milliseconds>(time - view.start));
}

std::string_view ToString(config::RoomNames names) {
  constexpr std::string_view kNames[] = {"plain", "hashed", "absent"};
  return kNames[static_cast<size_t>(names)];
}

std::string ShownRoom(std::string_view name, RoomKey key, config::RoomNames names) {
  switch (names) {
    case config::RoomNames::kPlain:
      return std::string(name);
    case config::RoomNames::kHashed:
      return fmt::format("{:016x}", key.high);
    case config::RoomNames::kAbsent:
      break;
  }
  return {};
}

std::string DecodePath(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                        HexValue(text[i + 2]) >= 0;
    if (!escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
    i += 2;
  }
  return out;
}

}  // namespace room_router::admin
