// SPDX-License-Identifier: Apache-2.0
// The file of `admin.token_file`: one token, as it is sent after "Authorization: Bearer".
//
// Space around it is no part of it. A token has 16 to 512 characters that a header can carry.
#pragma once

#include <string>
#include <string_view>

#include "config/secret.h"

namespace room_router::config {

inline constexpr size_t kShortestToken = 16, kLongestToken = 512;

// What is wrong with the content, as the end of a sentence about the file; empty = nothing.
std::string ParseToken(std::string_view content, Secret& token);
// The token in a file now; else `problem` says why there is none. Blocking file I/O.
Secret ReadToken(const std::string& path, std::string& problem);

}  // namespace room_router::config
