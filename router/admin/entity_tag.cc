// SPDX-License-Identifier: Apache-2.0
#include "router/admin/entity_tag.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace room_router::admin {

std::string EntityTag(std::string_view content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
}

// Tags of this server have no comma and no quote inside, so looking for the whole one is enough.
bool HasTag(std::string_view if_none_match, std::string_view tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos;
}

}  // namespace room_router::admin
