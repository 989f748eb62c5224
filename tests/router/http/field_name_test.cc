// SPDX-License-Identifier: Apache-2.0
// Known field names, whatever their case, and names that only look like them.
#include "router/http/field_name.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

#include "router/http/scan.h"

namespace room_router::http {
namespace {

const std::vector<std::pair<std::string, FieldId>> kKnown = {
    {"Connection", FieldId::kConnection},
    {"Keep-Alive", FieldId::kKeepAlive},
    {"Proxy-Connection", FieldId::kProxyConnection},
    {"TE", FieldId::kTe},
    {"Trailer", FieldId::kTrailer},
    {"Transfer-Encoding", FieldId::kTransferEncoding},
    {"Upgrade", FieldId::kUpgrade},
    {"Content-Length", FieldId::kContentLength},
    {"Host", FieldId::kHost},
    {"Expect", FieldId::kExpect},
    {"Sec-WebSocket-Key", FieldId::kSecWebsocketKey},
    {"Sec-WebSocket-Version", FieldId::kSecWebsocketVersion},
    {"X-Request-Id", FieldId::kXRequestId},
    {"X-Forwarded-For", FieldId::kXForwardedFor},
    {"X-Forwarded-Proto", FieldId::kXForwardedProto},
    {"X-Forwarded-Host", FieldId::kXForwardedHost},
    {"X-Forwarded-Port", FieldId::kXForwardedPort},
    {"X-Real-IP", FieldId::kXRealIp},
    {"Forwarded", FieldId::kForwarded},
    {"Date", FieldId::kDate},
    {"Server", FieldId::kServer},
    {"User-Agent", FieldId::kUserAgent},
    {"Referer", FieldId::kReferer},
    {"Room", FieldId::kRouting},
    {"X-Room", FieldId::kRouting},
    {"X-Group", FieldId::kRouting},
    {"X-StickToken", FieldId::kRouting},
    {"X-StickToken-Two", FieldId::kRouting},
    {"X-Proxy-Region", FieldId::kRouting},
    {"X-Proxy-Anything-Else", FieldId::kRouting},
    {"X-Jitsi-Shard", FieldId::kRouting},
    {"X-Jitsi-", FieldId::kRouting},
};

std::string ToggleCase(std::string text, size_t every) {
  for (size_t i = 0; i < text.size(); i += every) {
    if (std::isalpha(static_cast<unsigned char>(text[i])))
      text[i] = static_cast<char>(text[i] ^ 0x20);
  }
  return text;
}

TEST(FieldName, IsKnownInAnyCase) {
  for (const auto& [name, id] : kKnown) {
    for (const size_t every : {1u, 2u, 3u, 100u}) {
      EXPECT_EQ(FieldIdOf(ToggleCase(name, every)), id) << name << " every " << every;
    }
  }
}

// Any one byte replaced by another token byte gives an unknown name (or another known one's
// prefix rule), never the same.
TEST(FieldName, IsNotMistakenForANeighbour) {
  for (const auto& [name, id] : kKnown) {
    if (id == FieldId::kRouting) continue;
    for (size_t at = 0; at < name.size(); ++at) {
      for (int c = 0; c < 256; ++c) {
        const char byte = static_cast<char>(c);
        std::string other = name;
        other[at] = byte;
        if (!IsOf(kTokenByte, byte) || EqualsIgnoreCase(other, name)) continue;
        EXPECT_NE(FieldIdOf(other), id) << other;
      }
    }
  }
}

TEST(FieldName, LeavesOthersAlone) {
  for (const char* name : {"A", "Hos", "Hosts", "X-Jitsi", "X-Jitsix", "X-Proxy", "X-Sticktoke",
                           "Rooms", "Accept", "Content-Lengths", "Content_Length", "Y-Jitsi-Shard",
                           "Sec-WebSocket-Accept", "X-Forwarded-Server", "Proxy-Authorization"}) {
    EXPECT_EQ(FieldIdOf(name), FieldId::kOther) << name;
  }
}

TEST(FieldName, ListElementsAreTrimmed) {
  std::vector<std::string> elements;
  ForEachElement(" a,b ,\t, c d ,,", [&](std::string_view e) { elements.emplace_back(e); });
  EXPECT_EQ(elements, (std::vector<std::string>{"a", "b", "c d"}));
}

// The vector loops against the byte classes, at every length and for every byte at every place.
TEST(Scan, AgreesWithTheByteClasses) {
  for (size_t size = 0; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(c);
        const char* const p = text.data();
        const char* const end = p + size;
        ASSERT_EQ(SkipToken(p, end), SkipBytes(kTokenByte, p, end))
            << size << " " << at << " " << c;
        ASSERT_EQ(SkipHost(p, end), SkipBytes(kHostByte, p, end)) << size << " " << at << " " << c;
        ASSERT_EQ(SkipValue(p, end), SkipBytes(kValueByte, p, end))
            << size << " " << at << " " << c;
        ASSERT_EQ(SkipTarget(p, end), SkipBytes(kTargetByte, p, end))
            << size << " " << at << " " << c;
      }
    }
  }
}

}  // namespace
}  // namespace room_router::http
