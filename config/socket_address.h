// SPDX-License-Identifier: Apache-2.0
// A numeric IPv4 or IPv6 address with a port, and a range of addresses (CIDR).
//
// Values; never resolve names. A SocketAddress is what connect(2) and bind(2) take. IPv4-mapped
// IPv6 addresses (::ffff:a.b.c.d, what a dual-stack listener sees) compare and match as IPv4.
// Text forms: "10.0.0.7:8080", "[::1]:8080" (RFC 3986 §3.2.2), ranges "10.0.0.0/8", "::1/128".
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace room_router {

class SocketAddress {
 public:
  SocketAddress() = default;
  // Takes what accept(2) or getsockname(2) filled in; unmaps IPv4-mapped IPv6.
  static SocketAddress FromSystem(const sockaddr* address, socklen_t length);
  // "ip:port" or "[ip]:port"; nullopt when the text is not exactly that.
  static std::optional<SocketAddress> Parse(std::string_view text);
  // A bare IP text and a port.
  static std::optional<SocketAddress> FromIp(std::string_view ip, uint16_t port);

  bool empty() const { return family() == AF_UNSPEC; }
  int family() const { return storage_.generic.sa_family; }
  uint16_t port() const;
  SocketAddress WithPort(uint16_t port) const;
  const sockaddr* data() const { return &storage_.generic; }
  socklen_t size() const;

  std::string Ip() const;        // "10.0.0.7", "::1"
  std::string ToString() const;  // "10.0.0.7:8080", "[::1]:8080"

  friend bool operator==(const SocketAddress& a, const SocketAddress& b);

 private:
  friend class AddressRange;
  union Storage {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Storage storage_{.v6 = {}};
};

class AddressRange {
 public:
  // "10.0.0.0/8", "::1/128", or a bare IP (all bits count). nullopt when malformed.
  static std::optional<AddressRange> Parse(std::string_view text);
  bool Contains(const SocketAddress& address) const;
  std::string ToString() const;
  friend bool operator==(const AddressRange&, const AddressRange&) = default;

 private:
  SocketAddress base_;
  unsigned bits_ = 0;
};

}  // namespace room_router
