// SPDX-License-Identifier: Apache-2.0
// Bytes of HAProxy's peers protocol for tests, written as in captures.
#pragma once

#include <string>
#include <string_view>

namespace room_router::test {

// "0a 80 ff" → the bytes.
inline std::string Hex(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) continue;
    if (high < 0) {
      high = static_cast<int>(digit);
    } else {
      bytes.push_back(static_cast<char>(high * 16 + static_cast<int>(digit)));
      high = -1;
    }
  }
  return bytes;
}

// What HAProxy 2.6 sent for a table `type string len 128 expire 1d` with `stick on`.
inline const std::string kHaproxyTable =
    Hex("0a 82 17 01 0a 6a 69 74 73 69 2d 6d 65 65 74 06 81 f1 f1 fe 00 f0 b1 ca c8 01");
inline const std::string kAlphaOnShard0 =  // update 1; dictionary entry 1
    Hex("0a 80 14 00 00 00 01 05 61 6c 70 68 61 01 08 01 06 73 68 61 72 64 30");
inline const std::string kAlphaAgain =  // update 3, dictionary entry 1 by its number
    Hex("0a 80 0d 00 00 00 03 05 61 6c 70 68 61 01 01 01");
inline const std::string kResyncRequest = Hex("00 00"), kResyncFinished = Hex("00 01"),
                         kResyncPartial = Hex("00 02"), kResyncConfirm = Hex("00 03"),
                         kHeartbeat = Hex("00 04"), kProtocolError = Hex("01 00"),
                         kSizeError = Hex("01 01");

}  // namespace room_router::test
