// SPDX-License-Identifier: Apache-2.0
#include "router/proxy_error.h"

#include <array>
#include <cassert>

namespace room_router {
namespace {

constexpr auto kErrors = std::to_array<ProxyError>({
    {400, "bad_request", "PR", "The request is malformed."},
    {400, "conflicting_rooms", "PR", "The request names several different rooms."},
    {414, "uri_too_long", "PR", "The address of the request is too long."},
    {431, "head_too_large", "PR", "The header of the request is too large."},
    {505, "version", "PR", "This HTTP version is not supported."},
    {405, "method", "PR", "This method is not allowed."},
    {408, "header_timeout", "cR", "The request did not arrive in time."},
    {503, "no_shard", "SC", "No conference server is available right now. Please try again."},
    {404, "unknown_shard", "PR", "There is no such conference server."},
    {503, "connect_failed", "SC", "The conference server cannot be reached. Please try again."},
    {504, "connect_timeout", "sC", "The conference server did not accept the connection in time."},
    {502, "shard_closed", "SH", "The conference server closed the connection without an answer."},
    {504, "shard_timeout", "sH", "The conference server did not answer in time."},
    {502, "bad_response", "PH", "The conference server sent a malformed answer."},
    {0, "client_aborted", "CD", ""},
    {503, "retries_exhausted", "SC", "The conference server cannot be reached. Please try again."},
    {503, "connection_limit", "PR", "Too many connections. Please try again."},
    {501, "not_supported", "PR", "This request is not supported."},
    {404, "unknown_bridge", "PR", "There is no such bridge."},
    {403, "bridge_relay", "PR", "Bridges speak to each other elsewhere."},
    {403, "banned", "PR", "This conference is not available."},
    {302, "banned_page", "PR", "This conference is not available."},
    {0, "proxy_header", "PR", ""},
    {0, "untrusted_proxy", "PR", ""},
    {0, "tls_handshake", "PR", ""},
    {429, "address_connections", "PR", "Too many connections from this address."},
    {503, "listener_connections", "PR", "Too many connections. Please try again."},
    {429, "connection_rate", "PR", "Too many connections from this address. Please slow down."},
    {429, "request_rate", "PR", "Too many requests from this address. Please slow down."},
    {429, "conference_request_rate", "PR", "Too many conferences asked for. Please slow down."},
    {429, "upgrade_rate", "PR", "Too many websockets asked for. Please slow down."},
    {429, "pipelining", "PR", "Too many requests ahead of their answers."},
    {503, "shard_tls", "SC", "The conference server cannot be reached. Please try again."},
});
static_assert(kErrors.size() == static_cast<size_t>(Refusal::kCount));

}  // namespace

const ProxyError& Describe(Refusal refusal) {
  assert(refusal < Refusal::kCount);
  return kErrors[static_cast<size_t>(refusal)];
}

std::string_view ToString(Refusal refusal) { return Describe(refusal).label; }

Refusal RefusalFor(http::HeadError error) {
  switch (http::StatusFor(error)) {
    case 414:
      return Refusal::kUriTooLong;
    case 431:
      return Refusal::kHeadTooLarge;
    case 505:
      return Refusal::kVersion;
    default:
      return Refusal::kBadRequest;
  }
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 414:
      return "URI Too Long";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

void ErrorPages::Write(Refusal refusal, const Options& options, std::string& out) const {
  const ProxyError& error = Describe(refusal);
  const auto status = std::to_string(error.status);
  std::string page;
  if (const auto it = bodies_.find(error.status); it != bodies_.end()) {
    page = it->second;
  } else {
    page.append("<!doctype html>\n<html lang=\"en\"><head><title>").append(status).append(" ");
    page.append(ReasonPhrase(error.status)).append("</title></head>\n<body><h1>");
    page.append(ReasonPhrase(error.status)).append("</h1>\n<p>").append(error.text);
    page.append("</p>\n<p><small>Request ").append(options.request_id);
    page.append("</small></p></body></html>\n");
  }
  out.append("HTTP/1.1 ").append(status).append(" ").append(ReasonPhrase(error.status));
  out.append("\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ");
  out.append(std::to_string(page.size())).append("\r\nCache-Control: no-store\r\nX-Request-Id: ");
  out.append(options.request_id).append("\r\n");
  if (error.status == 302) out.append("Location: /\r\n");
  if (error.status == 503) out.append("Retry-After: 2\r\n");
  if (error.status == 429 && options.retry_after > Duration::zero()) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.retry_after);
    out.append("Retry-After: ").append(std::to_string(seconds.count())).append("\r\n");
  }
  if (error.status == 405) out.append("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n");
  out.append(options.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  if (!options.head_only) out.append(page);
}

}  // namespace room_router
