// SPDX-License-Identifier: Apache-2.0
#include "config/socket_address.h"

#include <gtest/gtest.h>

#include <string_view>

namespace room_router {
namespace {

TEST(SocketAddressTest, ParsesExactlyIpAndPort) {
  const struct {
    std::string_view text, printed;  // "" = refused
  } table[] = {
      {"10.0.0.7:8080", "10.0.0.7:8080"},
      {"[::1]:80", "[::1]:80"},
      {"[::ffff:10.0.0.7]:80", "10.0.0.7:80"},
      {"[0:0::1]:0", "[::1]:0"},
      {"0.0.0.0:65535", "0.0.0.0:65535"},
      {"", ""},
      {"10.0.0.7", ""},
      {"10.0.0.7:", ""},
      {"10.0.0.7:65536", ""},
      {"10.0.0.7:-1", ""},
      {"10.0.0.7:+1", ""},
      {"10.0.0.7: 1", ""},
      {"10.0.0:1", ""},
      {"010.0.0.1:1", ""},
      {"::1:80", ""},
      {"[10.0.0.7]:80", ""},
      {"[::1]", ""},
      {"[::1:80", ""},
      {"localhost:80", ""},
      {"[fe80::1%eth0]:80", ""},
  };
  for (const auto& row : table) {
    const auto address = SocketAddress::Parse(row.text);
    EXPECT_EQ(address ? address->ToString() : "", row.printed) << row.text;
  }
}

TEST(SocketAddressTest, EqualityAndPorts) {
  const SocketAddress a = *SocketAddress::Parse("10.0.0.7:80");
  EXPECT_EQ(a, *SocketAddress::Parse("[::ffff:10.0.0.7]:80"));
  EXPECT_NE(a, a.WithPort(81));
  EXPECT_EQ(a.WithPort(81).ToString(), "10.0.0.7:81");
  EXPECT_NE(a, *SocketAddress::Parse("[::1]:80"));
  EXPECT_EQ(SocketAddress(), SocketAddress());
  EXPECT_TRUE(SocketAddress().empty());
  EXPECT_EQ(SocketAddress::FromSystem(a.data(), a.size()), a);
}

TEST(AddressRangeTest, Contains) {
  const struct {
    std::string_view range, inside, outside;
  } table[] = {
      {"10.0.0.0/8", "10.255.0.1:1", "11.0.0.1:1"},
      {"10.0.0.128/25", "10.0.0.200:1", "10.0.0.127:1"},
      {"10.0.0.7", "10.0.0.7:1", "10.0.0.8:1"},
      {"0.0.0.0/0", "1.2.3.4:1", "[::1]:1"},
      {"::1/128", "[::1]:1", "[::2]:1"},
      {"fd00::/9", "[fd7f::1]:1", "[fd80::1]:1"},
      {"::ffff:10.0.0.0/104", "10.1.2.3:1", "11.0.0.1:1"},
      {"10.0.0.0/8", "[::ffff:10.0.0.1]:1", "[::ffff:11.0.0.1]:1"},
  };
  for (const auto& row : table) {
    const auto range = AddressRange::Parse(row.range);
    ASSERT_TRUE(range) << row.range;
    EXPECT_TRUE(range->Contains(*SocketAddress::Parse(row.inside))) << row.range;
    EXPECT_FALSE(range->Contains(*SocketAddress::Parse(row.outside))) << row.range;
    EXPECT_EQ(AddressRange::Parse(range->ToString()), range) << row.range;
  }
}

TEST(AddressRangeTest, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "10.0.0.0/", "10.0.0.0/33", "::1/129", "10.0.0.0/-1",
                                      "10.0.0/8", "a/8", "10.0.0.0/8/8", "::ffff:10.0.0.0/95"}) {
    EXPECT_FALSE(AddressRange::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace room_router
