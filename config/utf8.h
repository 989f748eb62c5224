// SPDX-License-Identifier: Apache-2.0
// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace room_router::config {

// Offset of the first byte that is not part of a well-formed sequence.
std::optional<size_t> FindBadUtf8(std::string_view text);

}  // namespace room_router::config
