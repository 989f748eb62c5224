// SPDX-License-Identifier: Apache-2.0
// Files with one key per line, and keys in hex or base64.
//
// Empty lines and lines that begin with "#" are skipped, blanks around a line are no part of it.
// Pure. What is returned names lines, never what stands in them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/secret.h"

namespace room_router::config {

// Takes the lines one by one until `take` says what is wrong with one: "line 3 is no key".
std::string ReadKeyLines(std::string_view text,
                         const std::function<std::string(std::string_view line)>& take);

// Nothing when it is something else. Bits left over must be fewer than a digit, and zero.
std::optional<Secret> DecodeHex(std::string_view digits);
std::optional<Secret> DecodeBase64(std::string_view text);  // RFC 4648 §4, or without padding
bool IsHex(std::string_view text);

}  // namespace room_router::config
