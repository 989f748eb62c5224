// SPDX-License-Identifier: Apache-2.0
// Chunked bodies against a slow decoder that sees everything at once, whole and in pieces.
//
// Input: a byte of options, a byte that seeds the splitting, then the body.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "router/http/body.h"

namespace {

using namespace room_router::http;

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

struct Outcome {
  bool done = false, error = false;
  size_t consumed = 0;
  std::string forwarded, decoded;
};

// The grammar of RFC 9112 §7.1, one production after the other.
class SlowDecoder {
 public:
  SlowDecoder(std::string_view bytes, bool keep_trailers)
      : bytes_(bytes), keep_trailers_(keep_trailers) {}

  Outcome Decode() {
    while (Chunk()) {
    }
    out_.consumed = at_;
    return out_;
  }

 private:
  bool Fail() {
    out_.error = true;
    return false;
  }
  bool More() const { return at_ < bytes_.size(); }

  // Whether another chunk may follow.
  bool Chunk() {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    const size_t digits_end = std::min(bytes_.find_first_not_of(kHex, at_), bytes_.size());
    const std::string digits(bytes_.substr(at_, digits_end - at_));
    if (digits.size() > 16) return Fail();
    at_ = digits_end;
    if (!More()) return false;
    if (digits.empty() || !Extension()) return digits.empty() ? Fail() : false;
    const uint64_t size = std::strtoull(digits.c_str(), nullptr, 16);
    if (size == 0) return LastChunk();
    const std::string_view data = bytes_.substr(at_, size);
    out_.decoded += data;
    at_ += data.size();
    return data.size() == size && LineEnd();
  }

  bool Extension() {
    const size_t start = at_;
    const size_t blank_end = std::min(bytes_.find_first_not_of(" \t", at_), bytes_.size());
    const bool blanks = blank_end > at_;
    at_ = blank_end;
    if (More() && bytes_[at_] == ';') {
      do {
        ++at_;
      } while (More() && Plain(bytes_[at_]));
    } else if (More() && blanks) {
      return Fail();
    }
    if (More() && bytes_[at_] != '\r') return Fail();
    // The first byte of an extension tells that there is one; only those after it are counted.
    extensions_ += at_ > start ? at_ - start - 1 + (More() ? 1 : 0) : 0;
    if (extensions_ > 4096) return Fail();
    return LineEnd();
  }

  bool LineEnd() {
    for (const char wanted : {'\r', '\n'}) {
      if (!More()) return false;
      if (bytes_[at_] != wanted) return Fail();
      ++at_;
    }
    return true;
  }

  bool LastChunk() {
    const size_t end = at_;
    const size_t start = at_;
    bool any = false;
    while (More() && bytes_[at_] != '\r') {
      any = true;
      if (!Trailer()) break;
    }
    const bool stopped = out_.error || !More();
    if (at_ - start > 8192) return Fail();
    if (!stopped) out_.done = LineEnd();
    kept_ = any && !keep_trailers_ ? end : std::string_view::npos;
    out_.forwarded = bytes_.substr(0, std::min(kept_, at_));
    if (out_.done && kept_ != std::string_view::npos) out_.forwarded += "\r\n";
    return false;
  }

  bool Trailer() {
    size_t name = 0;
    while (More() && bytes_[at_] != ':') {
      if (!IsTokenByte(bytes_[at_])) return Fail();
      ++at_;
      ++name;
    }
    if (!More()) return false;
    if (name == 0) return Fail();
    ++at_;
    while (More() && Plain(bytes_[at_])) ++at_;
    return LineEnd();
  }

  static bool Plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  }
  static bool IsTokenByte(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  }

  std::string_view bytes_;
  bool keep_trailers_;
  size_t at_ = 0, extensions_ = 0, kept_ = std::string_view::npos;
  Outcome out_;
};

// Feeds `bytes` in pieces of 1 … 1 + seed % 16 bytes; seed 0 means all at once.
Outcome Feed(std::string_view bytes, bool keep_trailers, bool decode, unsigned seed) {
  BodyReader reader(BodyKind::kChunked, 0, keep_trailers);
  Outcome out;
  size_t at = 0;
  for (unsigned n = seed; at < bytes.size() && !reader.done(); n = n * 1103515245 + 12345) {
    const size_t size = seed == 0 ? bytes.size() : 1 + (n >> 16) % (1 + seed % 16);
    const std::string_view piece = bytes.substr(at, size);
    const BodyReader::Step step = reader.Feed(piece, decode ? &out.decoded : nullptr);
    if (step.error) {
      out.error = true;
      break;
    }
    Require(step.done || step.consumed == piece.size(), "all is consumed before the end");
    Require(step.forward <= step.consumed && step.consumed <= piece.size(), "step");
    out.forwarded += piece.substr(0, step.forward);
    out.forwarded += step.append;
    at += step.consumed;
  }
  out.consumed = at;
  out.done = reader.done();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const bool keep_trailers = (data[0] & 1) != 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome wanted = SlowDecoder(bytes, keep_trailers).Decode();
  for (const unsigned seed : {0u, 1u, 16u, 16u + data[1]}) {
    for (const bool decode : {false, true}) {
      const Outcome got = Feed(bytes, keep_trailers, decode, seed);
      Require(got.error == wanted.error, "error");
      Require(got.done == wanted.done, "done");
      if (!wanted.done) continue;
      Require(got.consumed == wanted.consumed, "consumed");
      Require(got.forwarded == (decode ? "" : wanted.forwarded), "forwarded");
      Require(got.decoded == (decode ? wanted.decoded : ""), "decoded");
    }
  }
  return 0;
}
