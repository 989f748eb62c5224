// SPDX-License-Identifier: Apache-2.0
#include "router/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace room_router {
namespace {

std::string Text(const std::array<char, RequestId::kDigits>& digits) {
  return {digits.data(), digits.size()};
}

TEST(RequestId, TakesWhatIsHarmlessAnywhere) {
  RequestId id;
  EXPECT_TRUE(id.Take("7b0e4f8a-1c2D_x.y:z=+/@"));
  EXPECT_EQ(id.view(), "7b0e4f8a-1c2D_x.y:z=+/@");
  EXPECT_TRUE(id.Take(std::string(RequestId::kLongest, 'a')));
  EXPECT_EQ(id.view(), std::string(RequestId::kLongest, 'a'));
}

TEST(RequestId, RefusesTheRestAndStays) {
  RequestId id;
  ASSERT_TRUE(id.Take("before"));
  const std::string refused[] = {
      "",    "a b",  "<b>",      "\"",        "a\\",  "a,b",
      "a;b", "$(x)", "\xc3\xa9", {"a\0b", 3}, "a\nb", std::string(RequestId::kLongest + 1, 'a')};
  for (const std::string& given : refused) EXPECT_FALSE(id.Take(given)) << given;
  EXPECT_EQ(id.view(), "before");
}

TEST(RequestDigits, CountUpWithCarry) {
  RequestDigits digits(0x0123456789abcdee);
  EXPECT_EQ(Text(digits.Next()), "0123456789abcdef");
  EXPECT_EQ(Text(digits.Next()), "0123456789abcdf0");
  RequestDigits last(~uint64_t{0});
  EXPECT_EQ(Text(last.Next()), "0000000000000000");
  std::set<std::string> seen;
  for (int i = 0; i < 5000; ++i) seen.insert(Text(digits.Next()));
  EXPECT_EQ(seen.size(), 5000u);
  EXPECT_EQ(Text(digits.Next()), "0123456789abe179");
}

}  // namespace
}  // namespace room_router
