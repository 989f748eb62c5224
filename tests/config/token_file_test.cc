// SPDX-License-Identifier: Apache-2.0
#include "config/token_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace room_router::config {
namespace {

TEST(TokenFile, TakesOneWordAndNoSpaceAroundIt) {
  for (const char* content :
       {"0123456789abcdef", " 0123456789abcdef\n", "\r\n\t0123456789abcdef \r\n"}) {
    Secret token;
    EXPECT_EQ(ParseToken(content, token), "") << content;
    EXPECT_EQ(token.view(), "0123456789abcdef") << content;
  }
}

TEST(TokenFile, SaysWhatIsWrong) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "is empty"},
      {" \n", "is empty"},
      {"0123456789abcde", "holds a token of 15 characters"},
      {std::string(513, 'x'), "holds a token of 513 characters"},
      {"0123456789abcdef 0123456789abcdef", "more than one word"},
      {"0123456789abcdef\n0123456789abcdef", "more than one word"},
      {"0123456789abcde\xc3\xa9", "more than one word"}};
  for (const auto& [content, problem] : cases) {
    Secret token;
    const std::string said = ParseToken(content, token);
    EXPECT_NE(said.find(problem), std::string::npos) << content << ": " << said;
    EXPECT_NE(said.find("openssl rand"), std::string::npos) << said;
    EXPECT_TRUE(token.empty());
  }
}

TEST(TokenFile, ReadsWhatTheFileHoldsNow) {
  const std::string path = testing::TempDir() + "token_file_test";
  std::string problem;
  std::ofstream(path) << "0123456789abcdef\n";
  EXPECT_EQ(ReadToken(path, problem).view(), "0123456789abcdef");
  EXPECT_EQ(problem, "");
  std::ofstream(path) << "short\n";
  EXPECT_TRUE(ReadToken(path, problem).empty());
  EXPECT_NE(problem.find(path), std::string::npos) << problem;
  std::filesystem::remove(path);
  problem.clear();
  EXPECT_TRUE(ReadToken(path, problem).empty());
  EXPECT_NE(problem.find("No such file"), std::string::npos) << problem;
}

}  // namespace
}  // namespace room_router::config
