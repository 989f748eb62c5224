// SPDX-License-Identifier: Apache-2.0
// The bytes of every workload: what a client sends, what the backend answers, and what a correct
// answer is. Pure.
//
// A plain request looks like a browser's and is exactly 476 bytes long; its room goes through
// 10,000 names in an order that caches don't like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace room_router::bench {

enum class Mode : uint8_t { kHttp, kBig, kPost, kEcho, kDown, kUp, kIdle };

bool ParseMode(std::string_view word, Mode* mode);
std::string_view ToString(Mode mode);
bool IsTunnel(Mode mode);  // starts with a websocket handshake

inline constexpr size_t kRooms = 10'000;
inline constexpr size_t kRequestBytes = 476;
inline constexpr size_t kSmallBody = 100, kBigBody = 16 << 10, kPostBody = 300;
inline constexpr size_t kMessageBytes = 100;
inline constexpr size_t kChunkBytes = 64 << 10;

// One request whose room is written anew for each use.
class RequestTemplate {
 public:
  explicit RequestTemplate(Mode mode);
  std::string_view ForNextRoom();

 private:
  std::string bytes_;
  size_t room_at_;
  size_t room_ = 0;
};

size_t ExpectedBody(Mode mode);

std::string_view Message();  // one message through an echo tunnel
std::string_view Chunk();    // what a bulk tunnel is fed with

// What the backend answers, prebuilt.
std::string_view SmallResponse();
std::string_view BigResponse();
std::string_view UpgradeResponse();
std::string_view BadRequestResponse();

}  // namespace room_router::bench
