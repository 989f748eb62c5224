// SPDX-License-Identifier: Apache-2.0
#include "discovery/proxy_preface.h"

#include <string_view>

namespace room_router {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr char kLocal = 0x20, kProxy = 0x21;
constexpr char kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21;
constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);

std::string Number16(size_t number) {
  return {static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
}

std::string Preface(char command, char kind, const std::string& rest) {
  std::string bytes(kSignature);
  return bytes.append({command, kind}).append(Number16(rest.size())).append(rest);
}

// In network order, as the system keeps them.
std::string Bytes(const SocketAddress& address, bool as_v6) {
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address.data());
    return {reinterpret_cast<const char*>(&v6->sin6_addr), sizeof v6->sin6_addr};
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address.data());
  std::string bytes(as_v6 ? kMapped : std::string_view());
  return bytes.append(reinterpret_cast<const char*>(&v4->sin_addr), sizeof v4->sin_addr);
}

}  // namespace

std::string ProxyPreface(const SocketAddress& source, const SocketAddress& destination) {
  if (source.empty() || destination.empty()) return Preface(kProxy, kUnspecified, "");
  const bool v6 = source.family() == AF_INET6 || destination.family() == AF_INET6;
  return Preface(kProxy, v6 ? kTcp6 : kTcp4,
                 Bytes(source, v6) + Bytes(destination, v6) + Number16(source.port()) +
                     Number16(destination.port()));
}

std::string LocalProxyPreface() { return Preface(kLocal, kUnspecified, ""); }

}  // namespace room_router
