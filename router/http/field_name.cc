// SPDX-License-Identifier: Apache-2.0
#include "router/http/field_name.h"

namespace room_router::http {
namespace {

bool HasRoutingPrefix(std::string_view name) {
  if (name.size() < 8 || (name[0] != 'x' && name[0] != 'X')) return false;
  const char* p = name.data();
  if (IsFolded(p, "x-jitsi-") || IsFolded(p, "x-proxy-")) return true;
  return name.size() >= 12 && IsFolded(p, "x-sticktoken");
}

FieldId ExactId(std::string_view name) {
  const char* p = name.data();
  switch (name.size()) {
    case 2:
      return IsFolded(p, "te") ? FieldId::kTe : FieldId::kOther;
    case 4:
      if (IsFolded(p, "host")) return FieldId::kHost;
      if (IsFolded(p, "date")) return FieldId::kDate;
      return IsFolded(p, "room") ? FieldId::kRouting : FieldId::kOther;
    case 6:
      if (IsFolded(p, "expect")) return FieldId::kExpect;
      if (IsFolded(p, "server")) return FieldId::kServer;
      return IsFolded(p, "x-room") ? FieldId::kRouting : FieldId::kOther;
    case 7:
      if (IsFolded(p, "referer")) return FieldId::kReferer;
      if (IsFolded(p, "upgrade")) return FieldId::kUpgrade;
      if (IsFolded(p, "trailer")) return FieldId::kTrailer;
      return IsFolded(p, "x-group") ? FieldId::kRouting : FieldId::kOther;
    case 9:
      if (IsFolded(p, "forwarded")) return FieldId::kForwarded;
      return IsFolded(p, "x-real-ip") ? FieldId::kXRealIp : FieldId::kOther;
    case 10:
      if (IsFolded(p, "connection")) return FieldId::kConnection;
      if (IsFolded(p, "user-agent")) return FieldId::kUserAgent;
      return IsFolded(p, "keep-alive") ? FieldId::kKeepAlive : FieldId::kOther;
    case 12:
      return IsFolded(p, "x-request-id") ? FieldId::kXRequestId : FieldId::kOther;
    case 14:
      return IsFolded(p, "content-length") ? FieldId::kContentLength : FieldId::kOther;
    case 15:
      return IsFolded(p, "x-forwarded-for") ? FieldId::kXForwardedFor : FieldId::kOther;
    case 16:
      if (IsFolded(p, "x-forwarded-host")) return FieldId::kXForwardedHost;
      if (IsFolded(p, "x-forwarded-port")) return FieldId::kXForwardedPort;
      return IsFolded(p, "proxy-connection") ? FieldId::kProxyConnection : FieldId::kOther;
    case 17:
      if (IsFolded(p, "transfer-encoding")) return FieldId::kTransferEncoding;
      if (IsFolded(p, "x-forwarded-proto")) return FieldId::kXForwardedProto;
      return IsFolded(p, "sec-websocket-key") ? FieldId::kSecWebsocketKey : FieldId::kOther;
    case 21:
      return IsFolded(p, "sec-websocket-version") ? FieldId::kSecWebsocketVersion : FieldId::kOther;
    default:
      return FieldId::kOther;
  }
}

}  // namespace

FieldId FieldIdOf(std::string_view name) {
  const FieldId id = ExactId(name);
  return id == FieldId::kOther && HasRoutingPrefix(name) ? FieldId::kRouting : id;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace room_router::http
