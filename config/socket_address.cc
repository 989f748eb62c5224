// SPDX-License-Identifier: Apache-2.0
#include "config/socket_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

namespace room_router {
namespace {

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

SocketAddress SocketAddress::FromSystem(const sockaddr* address, socklen_t length) {
  SocketAddress result;
  std::memcpy(&result.storage_, address, std::min<size_t>(length, sizeof result.storage_));
  if (result.family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&result.storage_.v6.sin6_addr)) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = result.storage_.v6.sin6_port;
    std::memcpy(&v4.sin_addr, result.storage_.v6.sin6_addr.s6_addr + 12, 4);
    result.storage_ = {.v6 = {}};
    result.storage_.v4 = v4;
  }
  if (result.family() != AF_INET && result.family() != AF_INET6) result.storage_ = {.v6 = {}};
  return result;
}

std::optional<SocketAddress> SocketAddress::FromIp(std::string_view ip, uint16_t port) {
  const std::string text(ip);
  SocketAddress result;
  if (inet_pton(AF_INET, text.c_str(), &result.storage_.v4.sin_addr) == 1) {
    result.storage_.v4.sin_family = AF_INET;
    result.storage_.v4.sin_port = htons(port);
    return result;
  }
  result.storage_ = {.v6 = {}};
  if (inet_pton(AF_INET6, text.c_str(), &result.storage_.v6.sin6_addr) != 1) return std::nullopt;
  result.storage_.v6.sin6_family = AF_INET6;
  result.storage_.v6.sin6_port = htons(port);
  return FromSystem(result.data(), result.size());
}

std::optional<SocketAddress> SocketAddress::Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view ip = text.substr(0, colon);
  const auto port = ParseNumber<uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  if (ip.size() >= 2 && ip.front() == '[' && ip.back() == ']') {
    ip = ip.substr(1, ip.size() - 2);
    if (ip.find(':') == std::string_view::npos) return std::nullopt;
  } else if (ip.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  return FromIp(ip, *port);
}

uint16_t SocketAddress::port() const {
  return ntohs(family() == AF_INET6 ? storage_.v6.sin6_port : storage_.v4.sin_port);
}

SocketAddress SocketAddress::WithPort(uint16_t port) const {
  SocketAddress result = *this;
  (family() == AF_INET6 ? result.storage_.v6.sin6_port : result.storage_.v4.sin_port) = htons(port);
  return result;
}

socklen_t SocketAddress::size() const {
  return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

std::string SocketAddress::Ip() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) inet_ntop(AF_INET, &storage_.v4.sin_addr, text, sizeof text);
  if (family() == AF_INET6) inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text, sizeof text);
  return text;
}

std::string SocketAddress::ToString() const {
  if (empty()) return "";
  const std::string ip = Ip();
  const std::string port_text = std::to_string(port());
  return family() == AF_INET6 ? "[" + ip + "]:" + port_text : ip + ":" + port_text;
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  if (a.family() != b.family() || a.port() != b.port()) return false;
  if (a.family() == AF_INET) {
    return a.storage_.v4.sin_addr.s_addr == b.storage_.v4.sin_addr.s_addr;
  }
  return std::memcmp(&a.storage_.v6.sin6_addr, &b.storage_.v6.sin6_addr, sizeof(in6_addr)) == 0 &&
         a.storage_.v6.sin6_scope_id == b.storage_.v6.sin6_scope_id;
}

std::optional<AddressRange> AddressRange::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = SocketAddress::FromIp(text.substr(0, slash), 0);
  if (!base) return std::nullopt;
  AddressRange range;
  range.base_ = *base;
  const unsigned width = base->family() == AF_INET ? 32 : 128;
  range.bits_ = width;
  if (slash != std::string_view::npos) {
    auto bits = ParseNumber<unsigned>(text.substr(slash + 1));
    // The prefix of an IPv4-mapped range counts from the start of the IPv6 address.
    const bool mapped = width == 32 && text.find(':') != std::string_view::npos;
    if (bits && mapped) bits = *bits < 96 ? 33 : *bits - 96;
    if (!bits || *bits > width) return std::nullopt;
    range.bits_ = *bits;
  }
  return range;
}

bool AddressRange::Contains(const SocketAddress& address) const {
  if (address.family() != base_.family()) return false;
  const auto bytes = [](const SocketAddress& a) {
    return a.family() == AF_INET ? reinterpret_cast<const uint8_t*>(&a.storage_.v4.sin_addr)
                                 : reinterpret_cast<const uint8_t*>(&a.storage_.v6.sin6_addr);
  };
  const uint8_t* mine = bytes(base_);
  const uint8_t* theirs = bytes(address);
  const unsigned whole = bits_ / 8;
  if (std::memcmp(mine, theirs, whole) != 0) return false;
  const unsigned rest = bits_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff00U >> rest);
  return (mine[whole] & mask) == (theirs[whole] & mask);
}

std::string AddressRange::ToString() const { return base_.Ip() + "/" + std::to_string(bits_); }

}  // namespace room_router
