// SPDX-License-Identifier: Apache-2.0
// How many of these bytes belong to this message: body framing (RFC 9112 §6–7).
//
// One BodyReader per message and direction. It is fed what arrives and says how much of it belongs
// to the body and how much of that is to be forwarded as it is; it copies nothing unless asked to
// decode. Chunked bodies are validated byte by byte: sizes (hex, ≤ 16 digits), extensions (no bare
// CR or LF, ≤ 4 KiB in all), CRLF after each chunk, trailer fields (≤ 8 KiB). Pure; 16 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "router/http/head.h"

namespace room_router::http {

class BodyReader {
 public:
  struct Step {
    size_t consumed = 0;      // bytes of this message, from the front
    size_t forward = 0;       // bytes to forward verbatim, from the front; ≤ consumed
    std::string_view append;  // to send after them (closes a body whose trailers are dropped)
    bool done = false;        // the message ends here
    bool error = false;       // malformed; nothing more can be said about this connection
  };

  BodyReader() = default;  // no body: done at once
  BodyReader(BodyKind kind, uint64_t content_length, bool keep_trailers);

  // With `decoded`, the payload (without chunk framing) is appended to it and `forward` is 0.
  Step Feed(std::string_view bytes, std::string* decoded = nullptr);

  BodyKind kind() const { return kind_; }
  bool done() const { return done_; }
  // Whether the peer may close now without cutting the message short.
  bool MayEndHere() const { return done_ || kind_ == BodyKind::kUntilClose; }

 private:
  Step FeedChunked(std::string_view bytes, std::string* decoded);
  bool Advance(char c);
  bool TakeSizeByte(char c);
  bool TakeTrailerByte(char c);

  BodyKind kind_ = BodyKind::kNone;
  bool done_ = true;
  bool keep_trailers_ = false;
  bool trailers_dropped_ = false;  // nothing is forwarded any more
  uint8_t state_ = 0;
  uint16_t overhead_ = 0;   // bytes of extensions and trailers so far
  uint64_t remaining_ = 0;  // of the body (kLength) or the chunk (kChunked)
};

}  // namespace room_router::http
