// SPDX-License-Identifier: Apache-2.0
// The one canonical spelling of a room's or tenant's name, whatever client wrote it.
//
// Percent-decoding until nothing is left to decode (old web clients encode twice, proxies add
// more), drop of what Jitsi clients drop from path parts, spaces collapsed and trimmed, NFKC, lower
// case; `ς` is `σ`, because JavaScript lower-cases a final Σ to it and the raw name in a page's
// path has none. Repeated until stable, so a canonical name is its own canonical name. Invalid
// UTF-8 keeps its bytes, ASCII lower-cased. Merging two names is harmless, splitting one is fatal.
//
// Pure. Linear in the input; allocates only for names with escapes or non-ASCII characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace room_router {

enum class RoomError : uint8_t {
  kNone,
  kConflictingRooms,  // several ?room= that differ after normalisation → 400
  kControlCharacter,  // NUL or control character in the name → 400
  kTooLong,           // room > 1 KiB or tenant > 256 bytes after decoding → 414
};

enum class NameSource : uint8_t {
  kPath,
  kQuery,  // `+` is a space
};

inline constexpr size_t kLongestRoom = 1024, kLongestTenant = 256;  // bytes

// Overwrites `out`; it may be empty afterwards, which is no name. `raw` must not point into `out`.
RoomError NormaliseRoom(std::string_view raw, NameSource source, std::string& out);

// As a room's name; `.` becomes `_` as in the name of the tenant's MUC.
RoomError NormaliseTenant(std::string_view raw, NameSource source, std::string& out);

}  // namespace room_router
