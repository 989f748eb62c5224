// SPDX-License-Identifier: Apache-2.0
// Request heads: the request line and what follows from the fields (RFC 9112 §3, §6.3).
#include <algorithm>
#include <cstring>

#include "router/http/fields.h"
#include "router/http/head.h"
#include "router/http/scan.h"

namespace room_router::http {
namespace {

constexpr int kMaxEmptyLines = 4;
constexpr size_t kUsualFields = 32;

ParseStatus Refuse(RequestHead& out, HeadError why) {
  out.error = why;
  return ParseStatus::kError;
}

void Reset(RequestHead& out) {
  out.method = out.target = out.authority = {};
  out.method_id = Method::kOther;
  out.minor_version = 1;
  out.absolute_form = out.target_needs_escape = false;
  out.keep_alive = true;
  out.expect_continue = out.accepts_trailers = out.websocket = false;
  out.body = BodyKind::kNone;
  out.content_length = 0;
  out.fields.clear();
  if (out.fields.capacity() == 0) out.fields.reserve(kUsualFields);
  out.size = 0;
  out.error = HeadError::kNone;
}

ParseStatus SkipEmptyLines(Cursor& in, RequestHead& out) {
  for (int lines = 0;; ++lines) {
    if (in.p == in.end) return ParseStatus::kIncomplete;
    if (*in.p == '\n') return Refuse(out, HeadError::kBareLineFeed);
    if (*in.p != '\r') return ParseStatus::kComplete;
    if (lines == kMaxEmptyLines) return Refuse(out, HeadError::kBadFirstLine);
    const ParseStatus ended = ReadLineEnd(in, out.error, HeadError::kBadFirstLine);
    if (ended != ParseStatus::kComplete) return ended;
  }
}

Method MethodOf(std::string_view name) {
  switch (name.size()) {
    case 3:
      return name == "GET" ? Method::kGet : name == "PUT" ? Method::kPut : Method::kOther;
    case 4:
      return name == "POST" ? Method::kPost : name == "HEAD" ? Method::kHead : Method::kOther;
    case 5:
      return name == "PATCH" ? Method::kPatch : name == "TRACE" ? Method::kTrace : Method::kOther;
    case 6:
      return name == "DELETE" ? Method::kDelete : Method::kOther;
    case 7:
      if (name == "OPTIONS") return Method::kOptions;
      return name == "CONNECT" ? Method::kConnect : Method::kOther;
    default:
      return Method::kOther;
  }
}

ParseStatus ReadMethod(Cursor& in, RequestHead& out) {
  const char* const end = SkipBytes(kTokenByte, in.p, in.end);
  if (end == in.end) return ParseStatus::kIncomplete;
  if (end == in.p || *end != ' ') {
    const bool line_feed = *end == '\n' && end != in.p;
    return Refuse(out, line_feed ? HeadError::kBareLineFeed : HeadError::kBadMethod);
  }
  out.method = std::string_view(in.p, static_cast<size_t>(end - in.p));
  out.method_id = MethodOf(out.method);
  in.p = end + 1;
  return ParseStatus::kComplete;
}

// "http://authority/path?query": the authority is taken, the rest becomes the target. A query
// without a path has no origin form in these bytes and is refused.
bool SplitAbsoluteForm(RequestHead& out) {
  const std::string_view target = out.target;
  size_t scheme = 0;
  if (EqualsIgnoreCase(target.substr(0, 7), "http://")) scheme = 7;
  if (EqualsIgnoreCase(target.substr(0, 8), "https://")) scheme = 8;
  if (scheme == 0) return false;
  const std::string_view rest = target.substr(scheme);
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  out.authority = rest.substr(0, slash);
  out.absolute_form = true;
  out.target = rest.substr(slash);
  if (out.target.empty()) out.target = out.method_id == Method::kOptions ? "*" : "/";
  return IsValidAuthority(out.authority) && out.target.front() != '?';
}

bool HasAllowedForm(RequestHead& out) {
  if (out.target.empty()) return false;
  if (out.method_id == Method::kConnect) {
    out.authority = out.target;
    return IsValidAuthority(out.authority, true);
  }
  if (out.target.front() == '/') return true;
  if (out.target == "*") return out.method_id == Method::kOptions;
  return SplitAbsoluteForm(out);
}

// Stops at the space after the target. Raw bytes > 0x7f are let through in the query only.
ParseStatus ReadTarget(Cursor& in, RequestHead& out) {
  const char* const begin = in.p;
  const char* p = begin;
  bool in_query = false;
  for (;;) {
    p = SkipTarget(p, in.end);
    if (p == in.end) return ParseStatus::kIncomplete;
    if (static_cast<unsigned char>(*p) < 0x80) break;
    in_query = in_query || std::memchr(begin, '?', static_cast<size_t>(p - begin)) != nullptr;
    if (!in_query) return Refuse(out, HeadError::kBadTarget);
    out.target_needs_escape = true;
    ++p;
  }
  if (*p == '\n') return Refuse(out, HeadError::kBareLineFeed);
  if (*p == '\r') return Refuse(out, HeadError::kBadFirstLine);
  out.target = std::string_view(begin, static_cast<size_t>(p - begin));
  if (*p != ' ' || !HasAllowedForm(out)) return Refuse(out, HeadError::kBadTarget);
  in.p = p + 1;
  return ParseStatus::kComplete;
}

ParseStatus ReadRequestLine(Cursor& in, RequestHead& out) {
  if (const ParseStatus s = ReadMethod(in, out); s != ParseStatus::kComplete) return s;
  if (const ParseStatus s = ReadTarget(in, out); s != ParseStatus::kComplete) return s;
  const ParseStatus s = ReadVersion(in, out.minor_version, out.error);
  if (s != ParseStatus::kComplete) return s;
  return ReadLineEnd(in, out.error, HeadError::kBadVersion);
}

ParseStatus Conclude(const FieldFacts& facts, RequestHead& out) {
  if (facts.hosts == 0 && out.minor_version > 0) return Refuse(out, HeadError::kMissingHost);
  if (out.authority.empty()) out.authority = facts.host;
  out.request_id = facts.request_id;
  const bool http11 = out.minor_version > 0;
  out.keep_alive = !facts.close && (http11 || facts.keep_alive);
  out.expect_continue = http11 && facts.expect_continue;
  out.accepts_trailers = http11 && facts.te_trailers;
  if (facts.chunked) out.body = BodyKind::kChunked;
  if (facts.has_content_length) out.body = BodyKind::kLength;
  out.content_length = facts.content_length;
  const bool asks = facts.upgrade_option && facts.upgrade_websocket;
  const bool proves = facts.websocket_keys == 1 && facts.websocket_key_present &&
                      facts.websocket_versions == 1 && facts.websocket_version_13;
  // With a body, what comes after the head would be read as frames by some and as body by others.
  out.websocket = asks && proves && http11 && out.method_id == Method::kGet && !facts.chunked &&
                  facts.content_length == 0;
  return ParseStatus::kComplete;
}

}  // namespace

ParseStatus ParseRequestHead(std::string_view bytes, const HeadLimits& limits, RequestHead& out) {
  Reset(out);
  const bool full = bytes.size() >= limits.head;
  const char* const end = bytes.data() + std::min(bytes.size(), limits.head);
  const auto starved = [full, &out] {
    return full ? Refuse(out, HeadError::kHeadTooLarge) : ParseStatus::kIncomplete;
  };
  Cursor in{bytes.data(), end};
  ParseStatus status = SkipEmptyLines(in, out);
  if (status == ParseStatus::kIncomplete) return starved();
  if (status == ParseStatus::kError) return status;

  const size_t line_limit = limits.first_line + 2;
  const bool line_full = static_cast<size_t>(end - in.p) >= line_limit;
  if (line_full) in.end = in.p + line_limit;
  status = ReadRequestLine(in, out);
  if (status == ParseStatus::kIncomplete && line_full) {
    return Refuse(out, HeadError::kFirstLineTooLong);
  }
  in.end = end;
  FieldFacts facts;
  facts.is_request = true;
  facts.minor_version = out.minor_version;
  if (status == ParseStatus::kComplete) {
    status = ReadFields(in, limits.fields, out.fields, facts, out.error);
  }
  if (status == ParseStatus::kIncomplete) return starved();
  if (status == ParseStatus::kError) return status;
  out.size = static_cast<size_t>(in.p - bytes.data());
  return Conclude(facts, out);
}

}  // namespace room_router::http
