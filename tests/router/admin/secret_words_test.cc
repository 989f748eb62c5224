// SPDX-License-Identifier: Apache-2.0
#include "router/secret_words.h"

#include <gtest/gtest.h>

#include <string>

namespace room_router {
namespace {

TEST(SecretWords, AreNamesOfParametersInAnySpelling) {
  for (const char* name :
       {"token", "JWT", "PrevId", "pwd", "password", "access_token", "%74oken"}) {
    EXPECT_TRUE(IsSecretName(name)) << name;
  }
  for (const char* name : {"", "room", "tokens", "jw", "release"}) {
    EXPECT_FALSE(IsSecretName(name)) << name;
  }
}

TEST(SecretWords, AreFoundWithinATextAtEveryPlace) {
  for (const char* word : {"token", "jwt", "previd", "pwd", "passWord", "access_token", "eyJ"}) {
    for (const char* before : {"", "x", "tok", "a%3F", "passw", "ey"}) {
      for (const char* after : {"", "=1", "%3D"}) {
        EXPECT_TRUE(MentionsSecret(std::string(before) + word + after)) << before << word << after;
      }
    }
  }
  for (const char* text : {"%6awt", "a=%50wd", "%2570wd", "x%7A"}) {
    EXPECT_TRUE(MentionsSecret(text)) << text;
  }
  for (const char* text : {"%5Btenant%5D", "%C3%A9", "50%", "%2", "%20%2F", "%zz", "%31"}) {
    EXPECT_FALSE(MentionsSecret(text)) << text;
  }
  for (const char* text : {"", "t", "toke", "standup", "jw", "previous", "keyboard", "pw d"}) {
    EXPECT_FALSE(MentionsSecret(text)) << text;
  }
}

TEST(SecretWords, PathsEndWhereParametersBegin) {
  const std::pair<const char*, const char*> cases[] = {{"/tenant/Room", "/tenant/Room"},
                                                       {"/a;b", "/a"},
                                                       {"/a%3Bb", "/a"},
                                                       {"/a%3db", "/a"},
                                                       {"/a%26b", "/a"},
                                                       {"/a%3fb", "/a"},
                                                       {"/a=b", "/a"},
                                                       {"/a%20b%", "/a%20b%"},
                                                       {"/t/eyJhbGci.x", "/t"},
                                                       {"/keyJ", "/keyJ"},
                                                       {"", ""}};
  for (const auto& [path, shown] : cases) {
    EXPECT_EQ(std::string(path).substr(0, HarmlessPath(path)), shown) << path;
  }
}

}  // namespace
}  // namespace room_router
