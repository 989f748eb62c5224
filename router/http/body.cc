// SPDX-License-Identifier: Apache-2.0
#include "router/http/body.h"

#include <algorithm>

#include "router/http/scan.h"

namespace room_router::http {
namespace {

constexpr uint16_t kMaxExtensions = 4 << 10;
constexpr uint16_t kMaxTrailers = 8 << 10;

// States of a chunked body. Values up to kMaxDigits are "that many digits of the size seen".
enum State : uint8_t {
  kMaxDigits = 16,
  kSizeSpace,  // white space after the size: only ';' may follow (RFC 9112 §7.1.1)
  kExtension,
  kSizeLineFeed,  // the LF of the size line
  kData,
  kDataReturn,
  kDataLineFeed,
  kTrailerStart,
  kTrailerName,
  kTrailerValue,
  kTrailerLineFeed,
  kLastLineFeed,
  kFailed,
};

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

State Expect(char c, char wanted, State next) { return c == wanted ? next : kFailed; }

State AfterSize(char c) {
  if (c == '\r') return kSizeLineFeed;
  if (c == ';') return kExtension;
  return c == ' ' || c == '\t' ? kSizeSpace : kFailed;
}

State InExtension(char c) {
  if (c == '\r') return kSizeLineFeed;
  return IsOf(kValueByte, c) ? kExtension : kFailed;
}

State InTrailerName(char c) {
  if (c == ':') return kTrailerValue;
  return IsOf(kTokenByte, c) ? kTrailerName : kFailed;
}

State InTrailerValue(char c) {
  if (c == '\r') return kTrailerLineFeed;
  return IsOf(kValueByte, c) ? kTrailerValue : kFailed;
}

}  // namespace

BodyReader::BodyReader(BodyKind kind, uint64_t content_length, bool keep_trailers)
    : kind_(kind),
      done_(kind == BodyKind::kNone || (kind == BodyKind::kLength && content_length == 0)),
      keep_trailers_(keep_trailers),
      remaining_(kind == BodyKind::kLength ? content_length : 0) {}

BodyReader::Step BodyReader::Feed(std::string_view bytes, std::string* decoded) {
  if (done_) return {.append = {}, .done = true};
  if (kind_ == BodyKind::kChunked) return FeedChunked(bytes, decoded);
  size_t size = bytes.size();
  if (kind_ == BodyKind::kLength) {
    size = static_cast<size_t>(std::min<uint64_t>(remaining_, size));
    remaining_ -= size;
    done_ = remaining_ == 0;
  }
  if (decoded != nullptr) decoded->append(bytes.substr(0, size));
  return {.consumed = size, .forward = decoded == nullptr ? size : 0, .append = {}, .done = done_};
}

BodyReader::Step BodyReader::FeedChunked(std::string_view bytes, std::string* decoded) {
  size_t at = 0;
  size_t forward = 0;
  while (at < bytes.size() && !done_) {
    if (state_ == kData) {
      const auto size = static_cast<size_t>(std::min<uint64_t>(remaining_, bytes.size() - at));
      if (decoded != nullptr) decoded->append(bytes.substr(at, size));
      remaining_ -= size;
      at += size;
      if (remaining_ == 0) state_ = kDataReturn;
    } else if (!Advance(bytes[at++])) {
      state_ = kFailed;
      return {.append = {}, .error = true};
    }
    if (!trailers_dropped_) forward = at;
  }
  const bool close = done_ && trailers_dropped_ && decoded == nullptr;
  return {.consumed = at,
          .forward = decoded == nullptr ? forward : 0,
          .append = close ? std::string_view("\r\n") : std::string_view(),
          .done = done_};
}

// One byte that is not chunk data; false if it may not stand here.
bool BodyReader::Advance(char c) {
  if (state_ <= kMaxDigits) return TakeSizeByte(c);
  switch (state_) {
    case kSizeSpace:
      state_ = c == ' ' || c == '\t' ? kSizeSpace : Expect(c, ';', kExtension);
      return ++overhead_ <= kMaxExtensions && state_ != kFailed;
    case kExtension:
      state_ = InExtension(c);
      return ++overhead_ <= kMaxExtensions && state_ != kFailed;
    case kSizeLineFeed:
      state_ = Expect(c, '\n', remaining_ == 0 ? kTrailerStart : kData);
      if (state_ == kTrailerStart) overhead_ = 0;
      return state_ != kFailed;
    case kDataReturn:
      state_ = Expect(c, '\r', kDataLineFeed);
      return state_ != kFailed;
    case kDataLineFeed:
      state_ = 0;
      return c == '\n';
    case kFailed:
      return false;
    default:
      return TakeTrailerByte(c);
  }
}

bool BodyReader::TakeSizeByte(char c) {
  const int digit = HexValue(c);
  if (digit < 0) {
    if (state_ == 0) return false;
    state_ = AfterSize(c);
    return state_ != kFailed;
  }
  if (state_ == kMaxDigits) return false;
  remaining_ = remaining_ << 4 | static_cast<uint64_t>(digit);
  ++state_;
  return true;
}

bool BodyReader::TakeTrailerByte(char c) {
  switch (state_) {
    case kTrailerStart:
      if (c == '\r') {
        state_ = kLastLineFeed;
        return true;
      }
      trailers_dropped_ = !keep_trailers_;
      state_ = c == ':' ? kFailed : InTrailerName(c);
      break;
    case kTrailerName:
      state_ = InTrailerName(c);
      break;
    case kTrailerValue:
      state_ = InTrailerValue(c);
      break;
    case kTrailerLineFeed:
      state_ = Expect(c, '\n', kTrailerStart);
      break;
    default:  // kLastLineFeed
      done_ = c == '\n';
      return done_;
  }
  return ++overhead_ <= kMaxTrailers && state_ != kFailed;
}

}  // namespace room_router::http
