// SPDX-License-Identifier: Apache-2.0
// Any bytes as method, target and host (one line each): a class and perhaps a key, never a crash.
// What is read is canonical: reading tenant and room again gives the same key.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "sticky/room_key.h"

namespace {

using namespace room_router;

config::RoomKey Jitsi() {
  config::RoomKey config;
  config.tenant.from_host = ".meet.test";
  config.force_shard = true;
  return config;
}

config::RoomKey QueryOnly() {
  config::RoomKey config;
  config.mode = config::RoomKeyMode::kQuery;
  return config;
}

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
  return line;
}

void CheckRequest(const RoomKeyReader& reader, const RoomRequest& request) {
  Check(!request.has_key || request.error == RoomError::kNone, "a key and an error");
  Check(request.has_key || request.canonical.empty(), "a canonical name without a key");
  Check(request.room.size() <= kLongestRoom && request.tenant.size() <= kLongestTenant, "too long");
  const std::string_view dropped = ":?#[]@!$&'()*+,;=></\"";
  Check(request.room.find_first_of(dropped) == std::string_view::npos,
        "a byte to drop in the room");
  if (!request.has_key) return;
  RoomRequest again;
  reader.ReadName(request.tenant, request.room, again);
  Check(again.has_key && again.canonical == request.canonical, "not canonical");
  Check(again.key == request.key, "another key");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const RoomKeyReader jitsi(Jitsi()), query_only(QueryOnly());
  static RoomRequest request;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 20'000) return 0;
  const std::string_view method = TakeLine(text), target = TakeLine(text), host = TakeLine(text);
  for (const RoomKeyReader* reader : {&jitsi, &query_only}) {
    for (const bool upgrade : {false, true}) {
      reader->Read(method, target, host, upgrade, request);
      CheckRequest(*reader, request);
    }
  }
  return 0;
}
