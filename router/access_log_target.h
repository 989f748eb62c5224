// SPDX-License-Identifier: Apache-2.0
// The request's target as the access log may show it.
//
// What may be a secret (secret_words.h) is always `***`. When room names are hidden, the path of
// any class that can name a room becomes the room's hash or `***`, and so does every value of the
// query. Of what concerns bridges only a channel (bridge_target.h) is shown, without its password.
// The target is cut at AccessLogFormat::kMaxTarget bytes first. Pure, allocation-free.
#pragma once

#include "router/access_log_format.h"

namespace room_router {

struct MaskedTarget {
  std::array<char, AccessLogFormat::kMaxTarget * 2 + 64> bytes;
  size_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
};
void MaskTarget(const AccessRecord& record, config::RoomNames names, MaskedTarget& out);

// 16 hexadecimal digits; needs as many bytes. Returns the end.
char* PutRoomHash(char* out, RoomKey key);

}  // namespace room_router
