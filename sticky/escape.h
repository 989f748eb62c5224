// SPDX-License-Identifier: Apache-2.0
// Percent-escapes (RFC 3986 §2.1), undone one by one where a text is being put together: who asks
// after every byte also finds the escapes that undoing others makes, in one linear pass. Pure.
#pragma once

#include <string_view>

namespace room_router {

inline int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that the last three bytes of `text` stand for, or -1.
inline int EscapeAtEnd(std::string_view text) {
  const size_t size = text.size();
  if (size < 3 || text[size - 3] != '%') return -1;
  const int high = HexDigit(text[size - 2]), low = HexDigit(text[size - 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace room_router
