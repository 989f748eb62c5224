// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_dictionary.h"

#include <algorithm>

namespace room_router::haproxy {

ServerKey SentDictionary::Write(std::string_view text) {
  const auto same = [text](const Slot& slot) { return slot.used > 0 && slot.text == text; };
  auto slot = std::find_if(slots_.begin(), slots_.end(), same);
  const bool known = slot != slots_.end();
  if (!known) {
    slot = std::ranges::min_element(slots_, {}, &Slot::used);
    slot->text = text;
  }
  slot->used = ++turn_;
  ServerKey key{.id = static_cast<uint64_t>(slot - slots_.begin()) + 1, .text = {}};
  if (!known) key.text = text;
  return key;
}

std::optional<std::string_view> ReceivedDictionary::Read(const ServerKey& key) {
  if (key.id == 0 || key.id > texts_.size()) return std::nullopt;
  std::optional<std::string>& text = texts_[key.id - 1];
  if (key.text && key.text->size() > kLongestText) {
    text.reset();
  } else if (key.text) {
    text = *key.text;
  }
  return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

}  // namespace room_router::haproxy
