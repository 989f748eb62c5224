// SPDX-License-Identifier: Apache-2.0
#include "router/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace room_router {
namespace {

using Status = ProxyHeaderStatus;

constexpr std::string_view kText = "PROXY ";
constexpr size_t kMostText = 107;  // with CRLF
constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr size_t kFixed = 16;  // signature, version and command, family and protocol, length
constexpr size_t kChecksum = 4;

unsigned Byte(std::string_view bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }
unsigned Number16(std::string_view bytes, size_t at) {
  return Byte(bytes, at) << 8 | Byte(bytes, at + 1);
}

// Whether one is the beginning of the other.
bool Agree(std::string_view bytes, std::string_view expected) {
  const size_t size = std::min(bytes.size(), expected.size());
  return bytes.substr(0, size) == expected.substr(0, size);
}

std::string_view NextWord(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

std::optional<uint16_t> ReadPort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return port;
}

std::optional<SocketAddress> ReadText(std::string_view ip, std::string_view port, int family) {
  constexpr std::string_view kDigits = "0123456789abcdefABCDEF:.";
  const auto number = ReadPort(port);
  if (!number || ip.find_first_not_of(kDigits) != std::string_view::npos) return std::nullopt;
  if ((ip.find(':') != std::string_view::npos) != (family == AF_INET6)) return std::nullopt;
  return SocketAddress::FromIp(ip, *number);
}

// "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
Status ParseText(std::string_view bytes, ProxyHeader& header) {
  const size_t end = bytes.substr(0, kMostText).find("\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() < kMostText ? Status::kIncomplete : Status::kMalformed;
  }
  std::string_view line = bytes.substr(kText.size(), end - kText.size());
  header = {.source = {}, .size = end + 2};
  const bool more = line.find(' ') != std::string_view::npos;
  const std::string_view family = NextWord(line);
  if (family == "UNKNOWN") return Status::kComplete;
  if (!more || (family != "TCP4" && family != "TCP6")) return Status::kMalformed;
  if (std::ranges::count(line, ' ') != 3) return Status::kMalformed;
  const int kind = family == "TCP4" ? AF_INET : AF_INET6;
  const std::string_view source = NextWord(line), destination = NextWord(line);
  const std::string_view source_port = NextWord(line);
  const auto from = ReadText(source, source_port, kind), to = ReadText(destination, line, kind);
  if (!from || !to) return Status::kMalformed;
  header.source = *from;
  return Status::kComplete;
}

// RFC 3720 §B.4; the four bytes of the checksum itself count as zeros.
uint32_t Crc32c(std::string_view bytes, size_t zeros_at) {
  uint32_t crc = ~uint32_t{0};
  for (size_t n = 0; n < bytes.size(); ++n) {
    crc ^= n - zeros_at < kChecksum ? 0 : Byte(bytes, n);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0);
  }
  return ~crc;
}

// The type-length-values from `at` to the end.
bool AreWhole(std::string_view bytes, size_t at) {
  constexpr unsigned kCrc32c = 3;
  while (at < bytes.size()) {
    if (bytes.size() - at < 3) return false;
    const unsigned type = Byte(bytes, at);
    const size_t size = Number16(bytes, at + 1), value = at + 3;
    if (bytes.size() - value < size) return false;
    if (type == kCrc32c) {
      if (size != kChecksum) return false;
      const uint32_t said =
          static_cast<uint32_t>(Number16(bytes, value)) << 16 | Number16(bytes, value + 2);
      if (said != Crc32c(bytes, value)) return false;
    }
    at = value + size;
  }
  return true;
}

SocketAddress ReadV4(std::string_view bytes) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::memcpy(&address.sin_addr, bytes.data() + kFixed, 4);
  std::memcpy(&address.sin_port, bytes.data() + kFixed + 8, 2);
  return SocketAddress::FromSystem(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

SocketAddress ReadV6(std::string_view bytes) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, bytes.data() + kFixed, 16);
  std::memcpy(&address.sin6_port, bytes.data() + kFixed + 32, 2);
  return SocketAddress::FromSystem(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Status ParseBinary(std::string_view bytes, ProxyHeader& header) {
  if (bytes.size() < kFixed) return Status::kIncomplete;
  const unsigned version_command = Byte(bytes, 12), kind = Byte(bytes, 13);
  const bool local = version_command == 0x20;
  const size_t size = kFixed + Number16(bytes, 14);
  if ((!local && version_command != 0x21) || size > ProxyHeader::kMaxSize) {
    return Status::kMalformed;
  }
  struct Kind {
    unsigned code;
    size_t addresses;  // bytes
  };
  constexpr auto kKinds = std::to_array<Kind>({{0x00, 0}, {0x11, 12}, {0x21, 36}, {0x31, 216}});
  const auto* known = std::ranges::find(kKinds, kind, &Kind::code);
  // What a LOCAL header says besides its length is to be skipped.
  if (!local && (known == kKinds.end() || size < kFixed + known->addresses)) {
    return Status::kMalformed;
  }
  if (bytes.size() < size) return Status::kIncomplete;
  const std::string_view whole = bytes.substr(0, size);
  header = {.source = {}, .size = size};
  if (local) return Status::kComplete;
  // Of UNSPEC nobody knows how long its addresses are, so nothing after them can be read.
  if (kind != 0x00 && !AreWhole(whole, kFixed + known->addresses)) return Status::kMalformed;
  if (kind == 0x11) header.source = ReadV4(whole);
  if (kind == 0x21) header.source = ReadV6(whole);
  return Status::kComplete;
}

}  // namespace

ProxyHeaderStatus ParseProxyHeader(std::string_view bytes, ProxyHeader& header) {
  if (Agree(bytes, kSignature)) {
    return bytes.size() < kSignature.size() ? Status::kIncomplete : ParseBinary(bytes, header);
  }
  if (!Agree(bytes, kText)) return Status::kMalformed;
  return bytes.size() < kText.size() ? Status::kIncomplete : ParseText(bytes, header);
}

}  // namespace room_router
