// SPDX-License-Identifier: Apache-2.0
// Server keys by number, as each side of a peers connection keeps them for one direction.
//
// A key travels with its number once, then the number stands for it; both are forgotten with the
// connection. At most kDictionarySize of them: the sender gives the number of the key unused for
// longest to a new one. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "sticky/haproxy_peers_codec.h"

namespace room_router::haproxy {

class SentDictionary {
 public:
  // How to write this key now; borrows `text`.
  ServerKey Write(std::string_view text);

 private:
  struct Slot {
    std::string text;
    uint64_t used = 0;  // 0 = free
  };
  std::array<Slot, kDictionarySize> slots_;
  uint64_t turn_ = 0;
};

class ReceivedDictionary {
 public:
  static constexpr size_t kLongestText = 512;  // longer ones name no shard

  // The text it stands for; nullopt when there is none, it was never told or is too long. Valid
  // until the next call.
  std::optional<std::string_view> Read(const ServerKey& key);

 private:
  std::array<std::optional<std::string>, kDictionarySize> texts_;
};

}  // namespace room_router::haproxy
