// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.h"

#include <cstdint>

namespace room_router::config {
namespace {

struct Sequence {
  size_t size = 0;                  // bytes; 0 = not a first byte
  uint8_t low = 0x80, high = 0xBF;  // bounds of the second byte (RFC 3629 §4)
};

Sequence Expect(uint8_t first) {
  if (first < 0x80) return {.size = 1};
  if (first >= 0xC2 && first <= 0xDF) return {.size = 2};
  if (first == 0xE0) return {.size = 3, .low = 0xA0};
  if (first == 0xED) return {.size = 3, .high = 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {.size = 3};
  if (first == 0xF0) return {.size = 4, .low = 0x90};
  if (first >= 0xF1 && first <= 0xF3) return {.size = 4};
  if (first == 0xF4) return {.size = 4, .high = 0x8F};
  return {};
}

}  // namespace

std::optional<size_t> FindBadUtf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const Sequence sequence = Expect(static_cast<uint8_t>(text[at]));
    if (sequence.size == 0 || at + sequence.size > text.size()) return at;
    for (size_t i = 1; i < sequence.size; ++i) {
      const auto byte = static_cast<uint8_t>(text[at + i]);
      const uint8_t low = i == 1 ? sequence.low : 0x80;
      const uint8_t high = i == 1 ? sequence.high : 0xBF;
      if (byte < low || byte > high) return at;
    }
    at += sequence.size;
  }
  return std::nullopt;
}

}  // namespace room_router::config
