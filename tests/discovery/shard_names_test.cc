// SPDX-License-Identifier: Apache-2.0
#include "discovery/shard_names.h"

#include <gtest/gtest.h>

namespace room_router {
namespace {

TEST(ShardNamesTest, ANameKeepsItsId) {
  ShardNames names;
  const auto first = names.Intern("shard-0");
  const auto second = names.Intern("shard-1");
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(names.Intern("shard-0"), first);
  EXPECT_EQ(names.Find("shard-1"), second);
  EXPECT_EQ(names.Find("shard-2"), std::nullopt);
  EXPECT_EQ(names.Name(*second), "shard-1");
  EXPECT_EQ(names.Name(7), "");
}

TEST(ShardNamesTest, NamesAreLimitedInLengthAndNumber) {
  ShardNames names;
  EXPECT_EQ(names.Intern(""), std::nullopt);
  EXPECT_EQ(names.Intern(std::string(ShardNames::kMaxNameBytes + 1, 'a')), std::nullopt);
  for (size_t i = 0; i < ShardNames::kMaxNames; ++i) {
    ASSERT_TRUE(names.Intern("s" + std::to_string(i)));
  }
  EXPECT_EQ(names.Intern("one-more"), std::nullopt);
  EXPECT_TRUE(names.Intern("s0")) << "known names still are";
}

}  // namespace
}  // namespace room_router
