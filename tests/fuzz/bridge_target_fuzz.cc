// SPDX-License-Identifier: Apache-2.0
// Any bytes as the target of a request: a channel exactly when the documented grammar says so, and
// then one that concerns bridges, with an id that stands in it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <regex>
#include <string>
#include <string_view>

#include "sticky/bridge_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace room_router;
  static const std::regex grammar(
      "/colibri-ws/([A-Za-z0-9._-]{1,63})/[0-9a-f]{1,16}/[0-9A-Za-z-]{1,36}\\?pwd=[^&]*");
  if (size > 2'000) return 0;  // std::regex recurses
  const std::string target(reinterpret_cast<const char*>(data), size);
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  const bool concerned = ConcernsBridges(path);
  bool plain = true;
  for (const char c : target) plain = plain && c > ' ' && c <= '~' && c != '#';
  std::smatch match;
  const bool matches =
      plain && std::regex_match(target, match, grammar) && match[1] != "." && match[1] != "..";
  const auto id = BridgeOf(target);
  if (id.has_value() != matches) std::abort();
  if (!id) return 0;
  if (*id != match[1].str() || id->data() != target.data() + match.position(1)) std::abort();
  if (!concerned || IsRelayTarget(target)) std::abort();
  return 0;
}
