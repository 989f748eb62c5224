// SPDX-License-Identifier: Apache-2.0
// Entity tags (RFC 9110 section 8.8.3): whether a client has an answer already.
//
// Strong ones, 128 bits of a hash of the content, which is the same bytes in every replica that has
// the same to say. Pure.
#pragma once

#include <string>
#include <string_view>

namespace room_router::admin {

std::string EntityTag(std::string_view content);  // with its quotes

// `if_none_match`: the field's value, tags with commas between them, or *; W/ does not matter.
bool HasTag(std::string_view if_none_match, std::string_view tag);

}  // namespace room_router::admin
