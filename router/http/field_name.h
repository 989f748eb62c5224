// SPDX-License-Identifier: Apache-2.0
// Field names and list elements: case-insensitive comparison, known names (RFC 9110 §5.1, §5.6.1).
//
// Pure, no allocation. FieldIdOf and EqualsWord fold by setting bit 0x20, which is exact for what a
// parsed head can hold: tokens and values without controls, compared with letters, digits and '-'.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "router/http/head.h"

namespace room_router::http {

// The id of a name that is a valid token.
FieldId FieldIdOf(std::string_view name);

// ASCII only, as names and options compare.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

template <typename Word>
bool SameFolded(const char* p, const char* lower) {
  Word word, wanted;
  std::memcpy(&word, p, sizeof word);
  std::memcpy(&wanted, lower, sizeof wanted);
  return static_cast<Word>(word | static_cast<Word>(0x2020202020202020)) == wanted;
}

// Whether the N - 1 bytes at p are `lower` in any case; a few word comparisons.
template <size_t N>
bool IsFolded(const char* p, const char (&lower)[N]) {
  constexpr size_t kSize = N - 1;
  if constexpr (kSize >= 8) {
    for (size_t i = 0; i + 8 <= kSize; i += 8) {
      if (!SameFolded<uint64_t>(p + i, lower + i)) return false;
    }
    return SameFolded<uint64_t>(p + kSize - 8, lower + kSize - 8);
  } else if constexpr (kSize >= 4) {
    return SameFolded<uint32_t>(p, lower) && SameFolded<uint32_t>(p + kSize - 4, lower + kSize - 4);
  } else {
    return SameFolded<uint16_t>(p, lower) && SameFolded<uint16_t>(p + kSize - 2, lower + kSize - 2);
  }
}

template <size_t N>
bool EqualsWord(std::string_view text, const char (&lower)[N]) {
  return text.size() == N - 1 && IsFolded(text.data(), lower);
}

constexpr uint32_t Bit(FieldId id) { return uint32_t{1} << static_cast<unsigned>(id); }

constexpr bool IsHopByHop(FieldId id) {
  return id >= FieldId::kConnection && id <= FieldId::kUpgrade;
}

inline std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

// Calls visit(element) for each element of a comma-separated list, empty ones left out.
template <typename Visit>
void ForEachElement(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view element = TrimSpace(list.substr(0, comma));
    if (!element.empty()) visit(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace room_router::http
