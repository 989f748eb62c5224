// SPDX-License-Identifier: Apache-2.0
// Response heads: the status line and how the body ends (RFC 9112 §4, §6.3).
#include <algorithm>

#include "router/http/fields.h"
#include "router/http/head.h"
#include "router/http/scan.h"

namespace room_router::http {
namespace {

constexpr size_t kUsualFields = 32;

ParseStatus Refuse(ResponseHead& out, HeadError why) {
  out.error = why;
  return ParseStatus::kError;
}

void Reset(ResponseHead& out) {
  out.status = 0;
  out.reason = {};
  out.minor_version = 1;
  out.keep_alive = true;
  out.websocket_accepted = false;
  out.body = BodyKind::kUntilClose;
  out.content_length = 0;
  out.fields.clear();
  if (out.fields.capacity() == 0) out.fields.reserve(kUsualFields);
  out.size = 0;
  out.error = HeadError::kNone;
}

// " 200": a space and three digits, 100 to 599.
ParseStatus ReadStatus(Cursor& in, ResponseHead& out) {
  const auto available = static_cast<size_t>(in.end - in.p);
  for (size_t i = 0; i < 4 && i < available; ++i) {
    const char c = in.p[i];
    const bool fits = i == 0 ? c == ' ' : i == 1 ? c >= '1' && c <= '5' : IsDigit(c);
    if (!fits) return Refuse(out, c == '\n' ? HeadError::kBareLineFeed : HeadError::kBadFirstLine);
  }
  if (available < 4) return ParseStatus::kIncomplete;
  out.status = (in.p[1] - '0') * 100 + (in.p[2] - '0') * 10 + (in.p[3] - '0');
  in.p += 4;
  return ParseStatus::kComplete;
}

ParseStatus ReadStatusLine(Cursor& in, ResponseHead& out) {
  const ParseStatus version = ReadVersion(in, out.minor_version, out.error);
  if (version != ParseStatus::kComplete) return version;
  if (const ParseStatus s = ReadStatus(in, out); s != ParseStatus::kComplete) return s;
  // Servers exist that leave out the space before an empty reason; nobody reads that differently.
  if (in.p != in.end && *in.p == ' ') {
    const char* const reason = in.p + 1;
    in.p = SkipValue(reason, in.end);
    out.reason = std::string_view(reason, static_cast<size_t>(in.p - reason));
  }
  return ReadLineEnd(in, out.error, HeadError::kBadFirstLine);
}

BodyKind BodyOf(const FieldFacts& facts, int status, Method request) {
  const bool tunnel = request == Method::kConnect && status >= 200 && status < 300;
  const bool bodyless = request == Method::kHead || status < 200 || status == 204 || status == 304;
  if (tunnel || bodyless) return BodyKind::kNone;
  if (facts.chunked) return BodyKind::kChunked;
  return facts.has_content_length ? BodyKind::kLength : BodyKind::kUntilClose;
}

}  // namespace

ParseStatus ParseResponseHead(std::string_view bytes, const HeadLimits& limits, Method request,
                              ResponseHead& out) {
  Reset(out);
  const bool full = bytes.size() >= limits.head;
  const char* const end = bytes.data() + std::min(bytes.size(), limits.head);
  const size_t line_limit = limits.first_line + 2;
  const bool line_full = static_cast<size_t>(end - bytes.data()) >= line_limit;
  Cursor in{bytes.data(), line_full ? bytes.data() + line_limit : end};
  ParseStatus status = ReadStatusLine(in, out);
  if (status == ParseStatus::kIncomplete && line_full) {
    return Refuse(out, HeadError::kFirstLineTooLong);
  }
  in.end = end;
  FieldFacts facts;
  facts.minor_version = out.minor_version;
  if (status == ParseStatus::kComplete) {
    status = ReadFields(in, limits.fields, out.fields, facts, out.error);
  }
  if (status == ParseStatus::kIncomplete && full) return Refuse(out, HeadError::kHeadTooLarge);
  if (status != ParseStatus::kComplete) return status;
  out.size = static_cast<size_t>(in.p - bytes.data());
  out.body = BodyOf(facts, out.status, request);
  if (facts.has_content_length && out.body == BodyKind::kLength) {
    out.content_length = facts.content_length;
  }
  out.websocket_accepted = out.status == 101 && facts.upgrade_websocket;
  out.keep_alive = !facts.close && (out.minor_version > 0 || facts.keep_alive) &&
                   out.body != BodyKind::kUntilClose;
  return ParseStatus::kComplete;
}

}  // namespace room_router::http
