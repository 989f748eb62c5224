// SPDX-License-Identifier: Apache-2.0
// Byte classes of HTTP/1.x heads and the scans over them, 16 bytes at a time where SSE2 is there.
//
// Every scan returns the first byte in [p, end) that is not of the class, or end; none reads at or
// past end. The byte loop after each vector loop is also the portable version. Private to
// router/http. Classes: RFC 9110 §5.6.2 (token), RFC 9112 §3.2 (target), RFC 3986 §3.2.2 (host).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace room_router::http {

inline constexpr uint8_t kTokenByte = 1, kValueByte = 2, kTargetByte = 4, kHostByte = 8;

constexpr std::array<uint8_t, 256> MakeByteClasses() {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const auto one_of = [c](std::string_view set) {
      return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    unsigned bits = 0;
    if (alnum || (c != 0 && one_of("!#$%&'*+-.^_`|~"))) bits |= kTokenByte;
    if ((c >= 0x20 && c != 0x7f) || c == '\t') bits |= kValueByte;
    if (c > 0x20 && c < 0x7f && c != '#') bits |= kTargetByte;
    if (alnum || (c != 0 && one_of("-._~"))) bits |= kHostByte;
    classes[c] = static_cast<uint8_t>(bits);
  }
  return classes;
}
inline constexpr std::array<uint8_t, 256> kByteClasses = MakeByteClasses();

inline bool IsOf(uint8_t byte_class, char c) {
  return (kByteClasses[static_cast<unsigned char>(c)] & byte_class) != 0;
}

inline bool IsBlank(char c) { return c == ' ' || c == '\t'; }
inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }

inline const char* SkipBytes(uint8_t byte_class, const char* p, const char* end) {
  while (p != end && IsOf(byte_class, *p)) ++p;
  return p;
}

#ifdef __SSE2__
using Block = __m128i;
inline Block Load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const Block*>(p)); }
inline Block Fill(int byte) { return _mm_set1_epi8(static_cast<char>(byte)); }
// 0xff where the byte is in [first, first + last_offset].
inline Block InRange(Block bytes, int first, int last_offset) {
  const Block offset = _mm_sub_epi8(bytes, Fill(first));
  return _mm_cmpeq_epi8(_mm_min_epu8(offset, Fill(last_offset)), offset);
}
inline unsigned Mask(Block bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }

// Runs the vector loop: `stops` says with a bit per byte where the class may end. Sets `stopped`
// when it did, else fewer than 16 bytes are left.
template <typename Stops>
const char* SkipBlocks(const char* p, const char* end, Stops stops, bool& stopped) {
  for (; end - p >= 16; p += 16) {
    const unsigned mask = stops(Load(p));
    if (mask != 0) {
      stopped = true;
      return p + std::countr_zero(mask);
    }
  }
  stopped = false;
  return p;
}

// Bit per byte that is none of the common token and host bytes.
inline unsigned UncommonNameBytes(Block bytes) {
  const Block letters = InRange(_mm_or_si128(bytes, Fill(0x20)), 'a', 25);
  const Block digits = InRange(bytes, '0', 9);
  const Block dash_or_dot = InRange(bytes, '-', 1);
  return Mask(_mm_or_si128(_mm_or_si128(letters, digits), dash_or_dot)) ^ 0xffffu;
}

inline const char* SkipToken(const char* p, const char* end) {
  bool stopped;
  p = SkipBlocks(p, end, UncommonNameBytes, stopped);
  if (stopped && *p == ':') return p;
  return SkipBytes(kTokenByte, p, end);
}

inline const char* SkipHost(const char* p, const char* end) {
  bool stopped;
  p = SkipBlocks(p, end, UncommonNameBytes, stopped);
  return SkipBytes(kHostByte, p, end);
}

inline const char* SkipValue(const char* p, const char* end) {
  const auto controls = [](Block bytes) {
    const Block low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, Fill(0x1f)), bytes);
    return Mask(_mm_or_si128(low, _mm_cmpeq_epi8(bytes, Fill(0x7f))));
  };
  for (;; ++p) {
    bool stopped;
    p = SkipBlocks(p, end, controls, stopped);
    if (!stopped) return SkipBytes(kValueByte, p, end);
    if (*p != '\t') return p;
  }
}

inline const char* SkipTarget(const char* p, const char* end) {
  const auto refused = [](Block bytes) {
    const Block allowed = InRange(bytes, 0x21, 0x7e - 0x21);
    return (Mask(allowed) ^ 0xffffu) | Mask(_mm_cmpeq_epi8(bytes, Fill('#')));
  };
  bool stopped;
  p = SkipBlocks(p, end, refused, stopped);
  return stopped ? p : SkipBytes(kTargetByte, p, end);
}
#else
inline const char* SkipToken(const char* p, const char* end) {
  return SkipBytes(kTokenByte, p, end);
}
inline const char* SkipHost(const char* p, const char* end) { return SkipBytes(kHostByte, p, end); }
inline const char* SkipValue(const char* p, const char* end) {
  return SkipBytes(kValueByte, p, end);
}
inline const char* SkipTarget(const char* p, const char* end) {
  return SkipBytes(kTargetByte, p, end);
}
#endif

}  // namespace room_router::http
