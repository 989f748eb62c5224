// SPDX-License-Identifier: Apache-2.0
// The text of peers.tls.psk_file → the keys replicas share.
//
// One or two keys, one per line, in hex or base64, at least 16 bytes each. Empty lines and lines
// that begin with "#" are skipped. Pure. What is returned names lines, never what stands in them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.h"

namespace room_router::config {

constexpr size_t kShortestKey = 16, kLongestKey = 256;  // bytes

// What is wrong and what to write instead; "" when `keys` got the keys in order.
std::string ParseSharedKeys(std::string_view text, std::vector<Secret>& keys);

}  // namespace room_router::config
