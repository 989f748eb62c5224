// SPDX-License-Identifier: Apache-2.0
#include "router/proxy_header.h"

#include <gtest/gtest.h>

#include "discovery/proxy_preface.h"

namespace room_router {
namespace {

using Status = ProxyHeaderStatus;
using std::string_literals::operator""s;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kV4 = "\xC0\x00\x02\x01\xC0\x00\x02\x02\xDC\x04\x01\xBB"s;  // :56324 → :443

std::string Binary(const std::string& command_and_kind, const std::string& rest) {
  const std::string length = {static_cast<char>(rest.size() >> 8), static_cast<char>(rest.size())};
  return kSignature + command_and_kind + length + rest;
}

// Every beginning is incomplete, the whole is complete whatever follows.
void ExpectSource(const std::string& bytes, const std::string& source) {
  ProxyHeader header;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ParseProxyHeader(bytes.substr(0, size), header), Status::kIncomplete) << size;
  }
  for (const std::string next : {"", "GET / HTTP/1.1\r\n", "\x16\x03\x01"}) {
    ASSERT_EQ(ParseProxyHeader(bytes + next, header), Status::kComplete) << bytes;
    EXPECT_EQ(header.size, bytes.size());
    EXPECT_EQ(header.source.empty() ? "" : header.source.ToString(), source);
  }
}

TEST(ProxyHeader, SaysForWhom) {
  ExpectSource("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", "192.0.2.1:56324");
  ExpectSource("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n", "[2001:db8::1]:0");
  ExpectSource("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n", "192.0.2.1:1");
  ExpectSource(Binary("\x21\x11", kV4), "192.0.2.1:56324");
  const std::string v6 = "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x01"s;
  ExpectSource(Binary("\x21\x21", v6 + v6 + "\x00\x50\x01\xBB"s), "[2001:db8::1]:80");
}

TEST(ProxyHeader, MaySpeakForItself) {
  ExpectSource("PROXY UNKNOWN\r\n", "");
  ExpectSource("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "");
  ExpectSource(Binary("\x20\x00"s, ""), "");
  ExpectSource(Binary("\x20\x11", kV4), "");
  ExpectSource(Binary("\x20\x99", "anything"), "");
  ExpectSource(Binary("\x21\x00"s, "anything"), "");
  ExpectSource(Binary("\x21\x31", std::string(216, 'x')), "");
}

TEST(ProxyHeader, MayHaveMoreToSay) {
  ExpectSource(Binary("\x21\x11", kV4 + "\x04\x00\x02zz"s), "192.0.2.1:56324");
  ExpectSource(Binary("\x21\x11", kV4 + "\x01\x00\x02h2\x02\x00\x00"s), "192.0.2.1:56324");
  ExpectSource(
      Binary("\x21\x11", kV4 + "\x04\x0F\xD9"s + std::string(4057, 'z') + "\x04\x00\x02zz"s),
      "192.0.2.1:56324");
}

TEST(ProxyHeader, ItsChecksumIsChecked) {
  // Of the header with the checksum's four bytes as zeros, from an independent implementation.
  const std::string sum = "\xD6\xC8\xC7\x5F";
  ExpectSource(Binary("\x21\x11", kV4 + "\x03\x00\x04"s + sum), "192.0.2.1:56324");
  ProxyHeader header;
  for (size_t n = 0; n < sum.size(); ++n) {
    std::string wrong = sum;
    wrong[n] = static_cast<char>(wrong[n] ^ 1);
    EXPECT_EQ(ParseProxyHeader(Binary("\x21\x11", kV4 + "\x03\x00\x04"s + wrong), header),
              Status::kMalformed);
  }
}

TEST(ProxyHeader, AnythingElseIsMalformed) {
  const std::string bytes[] = {
      "GET / HTTP/1.1\r\n",
      "proxy TCP4 192.0.2.1 192.0.2.2 56324 443\r\n",
      "PROXY  TCP4 192.0.2.1 192.0.2.2 56324 443\r\n",
      "PROXY TCP4 192.0.2.1  192.0.2.2 56324 443\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443 \r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n",
      "PROXY TCP4\r\n",
      "PROXY \r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 056324 443\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 -1 443\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 1 443x\r\n",
      "PROXY TCP4 192.0.2.256 192.0.2.2 1 443\r\n",
      "PROXY TCP4 192.0.2.1\0x 192.0.2.2 1 443\r\n"s,
      "PROXY TCP4 ::1 ::1 1 443\r\n",
      "PROXY TCP6 192.0.2.1 192.0.2.2 1 443\r\n",
      "PROXY TCP6 fe80::1%lo ::1 1 443\r\n",
      "PROXY UDP4 192.0.2.1 192.0.2.2 1 443\r\n",
      "PROXY TCP4 192.0.2.1 192.0.2.2 1 443\n" + std::string(100, 'x'),
      "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n",
      "\r\n\r\nGET",
      Binary("\x11\x11", kV4),                            // version 1
      Binary("\x22\x11", kV4),                            // neither LOCAL nor PROXY
      Binary("\x21\x12", kV4),                            // datagrams
      Binary("\x21\x01", kV4),                            // a protocol without a family
      Binary("\x21\x41", kV4),                            // no such family
      Binary("\x21\x11", kV4.substr(1)),                  // addresses cut off
      Binary("\x21\x21", kV4),                            // likewise
      Binary("\x21\x31", std::string(215, 'x')),          // likewise
      Binary("\x21\x11", kV4 + "\x04"s),                  // half a TLV
      Binary("\x21\x11", kV4 + "\x04\x00\x03zz"s),        // longer than the header
      Binary("\x21\x11", kV4 + "\x03\x00\x02zz"s),        // no checksum
      Binary("\x21\x11", kV4 + std::string(4069, '\0')),  // too long
      kSignature + "\x20\x00\xFF\xFF"s,                   // likewise, before it is all there
  };
  for (const std::string& one : bytes) {
    ProxyHeader header;
    EXPECT_EQ(ParseProxyHeader(one, header), Status::kMalformed) << one;
  }
}

TEST(ProxyHeader, WhatTheRouterWritesItReads) {
  const auto written = [](const char* source, const char* destination) {
    const auto at = [](const char* text) {
      return SocketAddress::Parse(text).value_or(SocketAddress());
    };
    return ProxyPreface(at(source), at(destination));
  };
  EXPECT_EQ(written("192.0.2.1:56324", "192.0.2.2:443"), Binary("\x21\x11", kV4));
  const std::string v6 = "\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x01"s;
  EXPECT_EQ(written("[2001:db8::1]:80", "[2001:db8::1]:443"),
            Binary("\x21\x21", v6 + v6 + "\x00\x50\x01\xBB"s));
  for (const char* source : {"192.0.2.1:1", "[2001:db8::1]:65535", "[::1]:0"}) {
    for (const char* destination : {"10.0.0.1:443", "[fd00::1]:8080"}) {
      ExpectSource(written(source, destination), source);
    }
    ExpectSource(written(source, ""), "");
  }
  ExpectSource(LocalProxyPreface(), "");
  EXPECT_EQ(LocalProxyPreface(), Binary("\x20\x00"s, ""));
}

TEST(ProxyHeader, AddressesOfTwoFamiliesAreBothWrittenAsIpv6) {
  const std::string written =
      ProxyPreface(*SocketAddress::Parse("192.0.2.1:1"), *SocketAddress::Parse("[fd00::1]:2"));
  const std::string mapped = std::string(10, '\0') + "\xFF\xFF\xC0\x00\x02\x01"s;
  const std::string other = "\xFD"s + std::string(14, '\0') + "\x01"s;
  EXPECT_EQ(written, Binary("\x21\x21", mapped + other + "\x00\x01\x00\x02"s));
}

}  // namespace
}  // namespace room_router
