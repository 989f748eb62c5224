// SPDX-License-Identifier: Apache-2.0
// HTTP/1.x message heads (RFC 9112, RFC 9110 §5): bytes → fields, strictly.
//
// A head is views into the bytes given to Parse; it is valid while those bytes stay. Fields come in
// order, names as written; `id` names the ones the router acts on. Strict in: everything a lenient
// parser would let pass and another would read differently is an error, never a guess (the list is
// in the .cc's table test). Pure; no allocation beyond the field array, which a reused head keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace room_router::http {

enum class FieldId : uint8_t {
  kOther,
  kConnection,
  kKeepAlive,
  kProxyConnection,
  kTe,
  kTrailer,
  kTransferEncoding,
  kUpgrade,  // hop by hop
  kContentLength,
  kHost,
  kExpect,
  kSecWebsocketKey,
  kSecWebsocketVersion,
  kXRequestId,
  kXForwardedFor,
  kXForwardedProto,
  kXForwardedHost,
  kXForwardedPort,
  kXRealIp,
  kForwarded,
  kRouting,  // Room, X-Room, X-Group, X-StickToken*, X-Proxy-*, X-Jitsi-*: never believed
  kDate,
  kServer,
  kUserAgent,
  kReferer,
};

struct Field {
  std::string_view name, value;  // value without surrounding white space
  const char* line = nullptr;    // start of the field line; it ends before the next one's
  uint32_t line_size = 0;        // bytes, CRLF included
  FieldId id = FieldId::kOther;
  bool hop_by_hop = false;  // by its name, or nominated by Connection
};

enum class Method : uint8_t {
  kOther,
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kOptions,
  kPatch,
  kConnect,
  kTrace
};

// How the body of a message is delimited (RFC 9112 §6.3).
enum class BodyKind : uint8_t { kNone, kLength, kChunked, kUntilClose };

struct HeadLimits {
  size_t first_line = 16 << 10;  // bytes, CRLF excluded
  size_t head = 64 << 10;        // bytes, everything up to the empty line
  size_t fields = 128;
};

enum class HeadError : uint8_t {
  kNone,
  kBadFirstLine,
  kBadMethod,
  kBadTarget,
  kBadVersion,          // 400
  kUnsupportedVersion,  // 505
  kBadField,
  kBareLineFeed,
  kBareCarriageReturn,
  kObsFold,  // 400
  kMissingHost,
  kDuplicateHost,
  kBadHost,  // 400
  kBadContentLength,
  kBadTransferEncoding,
  kLengthAndTransferEncoding,  // 400
  kFirstLineTooLong,           // 414
  kHeadTooLarge,               // 431
  kTooManyFields,              // 431
};
std::string_view ToString(HeadError error);  // snake_case, for metrics: "bare_line_feed"
int StatusFor(HeadError error);              // of the request's refusal

enum class ParseStatus : uint8_t { kIncomplete, kComplete, kError };

struct RequestHead {
  std::string_view method, target;  // target in origin form ("/path?query") or "*"
  std::string_view request_id;      // the first X-Request-Id
  std::string_view authority;       // Host's value, or the absolute-form authority that replaces it
  Method method_id = Method::kOther;
  int minor_version = 1;  // HTTP/1.x
  bool absolute_form = false;
  bool target_needs_escape =
      false;               // raw bytes > 0x7f in the query, to be escaped towards the shard
  bool keep_alive = true;  // the client lets the connection persist
  bool expect_continue = false;
  bool accepts_trailers = false;  // TE: trailers
  bool websocket = false;         // GET, Connection: upgrade, Upgrade: websocket, version 13, a key
  BodyKind body = BodyKind::kNone;
  uint64_t content_length = 0;  // bytes; kLength only
  std::vector<Field> fields;
  size_t size = 0;  // bytes of the head, empty line included
  HeadError error = HeadError::kNone;
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  bool keep_alive = true;                 // the shard lets the connection persist
  bool websocket_accepted = false;        // 101 with Upgrade: websocket
  BodyKind body = BodyKind::kUntilClose;  // after request method and status are taken into account
  uint64_t content_length = 0;
  std::vector<Field> fields;
  size_t size = 0;
  HeadError error = HeadError::kNone;
};

// Both overwrite `out`. kIncomplete still refuses as soon as a refusal is certain. Empty lines
// (CRLF) before a request line are skipped and counted in `size` (RFC 9112 §2.2), at most 4.
ParseStatus ParseRequestHead(std::string_view bytes, const HeadLimits& limits, RequestHead& out);
ParseStatus ParseResponseHead(std::string_view bytes, const HeadLimits& limits, Method request,
                              ResponseHead& out);

}  // namespace room_router::http
