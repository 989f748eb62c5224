// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/workload.h"

#include <array>
#include <utility>

namespace room_router::bench {
namespace {

constexpr std::array<std::pair<std::string_view, Mode>, 7> kModes = {{{"http", Mode::kHttp},
                                                                      {"big", Mode::kBig},
                                                                      {"post", Mode::kPost},
                                                                      {"echo", Mode::kEcho},
                                                                      {"down", Mode::kDown},
                                                                      {"up", Mode::kUp},
                                                                      {"idle", Mode::kIdle}}};

constexpr std::string_view kRoomName = "bench0000";
constexpr size_t kRoomPrefix = 5;     // "bench"
constexpr size_t kRoomStride = 7919;  // prime to kRooms, so every room comes up

constexpr std::string_view kBrowser =
    "Host: meet.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-US,en;q=0.9\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n";

std::string Target(Mode mode) {
  std::string target = IsTunnel(mode) ? "/xmpp-websocket?room=" : "/http-bind?room=";
  target.append(kRoomName);
  if (mode == Mode::kBig || mode == Mode::kDown || mode == Mode::kUp) {
    target.append("&bench=").append(ToString(mode));
  }
  return target;
}

std::string Handshake(Mode mode) {
  std::string head = "GET " + Target(mode) + " HTTP/1.1\r\n";
  head.append(kBrowser);
  head.append(
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n");
  return head;
}

std::string Request(Mode mode) {
  std::string head = (mode == Mode::kPost ? "POST " : "GET ") + Target(mode) + " HTTP/1.1\r\n";
  head.append(kBrowser);
  if (mode == Mode::kPost) {
    head.append("Content-Type: text/xml; charset=utf-8\r\nContent-Length: ");
    head.append(std::to_string(kPostBody)).append("\r\n");
  }
  head.append("Connection: keep-alive\r\nReferer: https://meet.example.org/bench\r\nCookie: id=");
  if (head.size() + 4 < kRequestBytes) head.append(kRequestBytes - 4 - head.size(), 'c');
  head.append("\r\n\r\n");
  if (mode == Mode::kPost) head.append(kPostBody, 'p');
  return head;
}

std::string Response(size_t body) {
  std::string head =
      "HTTP/1.1 200 OK\r\n"
      "Server: bench\r\n"
      "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
      "Content-Type: text/xml; charset=utf-8\r\n"
      "Content-Length: " +
      std::to_string(body) +
      "\r\n"
      "Cache-Control: no-store\r\n"
      "Access-Control-Allow-Origin: *\r\n"
      "Access-Control-Allow-Headers: Content-Type\r\n"
      "Vary: Accept-Encoding\r\n\r\n";
  return head.append(body, 'b');
}

}  // namespace

bool ParseMode(std::string_view word, Mode* mode) {
  for (const auto& [name, value] : kModes) {
    if (name == word) {
      *mode = value;
      return true;
    }
  }
  return false;
}

std::string_view ToString(Mode mode) {
  for (const auto& [name, value] : kModes) {
    if (value == mode) return name;
  }
  return "";
}

bool IsTunnel(Mode mode) {
  return mode == Mode::kEcho || mode == Mode::kDown || mode == Mode::kUp || mode == Mode::kIdle;
}

RequestTemplate::RequestTemplate(Mode mode)
    : bytes_(IsTunnel(mode) ? Handshake(mode) : Request(mode)),
      room_at_(bytes_.find(kRoomName) + kRoomPrefix) {}

std::string_view RequestTemplate::ForNextRoom() {
  room_ = (room_ + kRoomStride) % kRooms;
  size_t rest = room_;
  for (size_t digit = 4; digit-- > 0; rest /= 10) {
    bytes_[room_at_ + digit] = static_cast<char>('0' + rest % 10);
  }
  return bytes_;
}

size_t ExpectedBody(Mode mode) { return mode == Mode::kBig ? kBigBody : kSmallBody; }

std::string_view Message() {
  static const std::string kMessage(kMessageBytes, 'm');
  return kMessage;
}

std::string_view Chunk() {
  static const std::string kChunk(kChunkBytes, 'k');
  return kChunk;
}

std::string_view SmallResponse() {
  static const std::string kResponse = Response(kSmallBody);
  return kResponse;
}

std::string_view BigResponse() {
  static const std::string kResponse = Response(kBigBody);
  return kResponse;
}

std::string_view UpgradeResponse() {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: xmpp\r\n"
         "\r\n";
}

std::string_view BadRequestResponse() {
  return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace room_router::bench
