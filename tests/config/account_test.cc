// SPDX-License-Identifier: Apache-2.0
#include "config/account.h"

#include <gtest/gtest.h>
#include <pwd.h>

namespace room_router::config {
namespace {

TEST(AccountTest, AUserBringsItsGroup) {
  const passwd* nobody = getpwnam("nobody");
  if (nobody == nullptr) GTEST_SKIP() << "this system has no user nobody";
  const uid_t user = nobody->pw_uid;
  const gid_t group = nobody->pw_gid;
  for (const std::string& name : {std::string("nobody"), std::to_string(user)}) {
    EXPECT_EQ(UserProblem(name), "");
    EXPECT_EQ(GroupProblem(name, ""), "");
    const Account account = FindAccount({.user = name, .group = "", .sandbox = true});
    EXPECT_EQ(account.user, user);
    EXPECT_EQ(account.group, group);
  }
}

TEST(AccountTest, NumbersNeedNoEntry) {
  EXPECT_EQ(UserProblem("4000000001"), "");
  EXPECT_NE(GroupProblem("4000000001", ""), "");
  EXPECT_EQ(GroupProblem("4000000001", "4000000002"), "");
  const Account account =
      FindAccount({.user = "4000000001", .group = "4000000002", .sandbox = true});
  EXPECT_EQ(account.user, 4000000001);
  EXPECT_EQ(account.group, 4000000002);
}

TEST(AccountTest, ANamedGroupTakesTheUsersPlace) {
  EXPECT_EQ(GroupProblem("root", "daemon"), "");
  EXPECT_NE(FindAccount({.user = "root", .group = "daemon", .sandbox = true}).group, gid_t{0});
}

TEST(AccountTest, WhoIsNotThereIsTold) {
  EXPECT_EQ(UserProblem(""), "");
  for (const char* name : {"no-such-user", "-1", "1x", "4294967295", "99999999999"}) {
    EXPECT_NE(UserProblem(name), "") << name;
  }
  EXPECT_NE(GroupProblem("root", "no-such-group"), "");
}

}  // namespace
}  // namespace room_router::config
