// SPDX-License-Identifier: Apache-2.0
#include "config/token_file.h"

#include <algorithm>

#include "config/error_file.h"
#include "config/report.h"

namespace room_router::config {
namespace {

constexpr size_t kMaxBytes = 4 << 10;
constexpr const char* kHowToMakeOne = "; one is made with: openssl rand -hex 32";

}  // namespace

std::string ParseToken(std::string_view content, Secret& token) {
  constexpr std::string_view kBlank = " \t\r\n";
  content.remove_prefix(std::min(content.find_first_not_of(kBlank), content.size()));
  content = content.substr(0, content.find_last_not_of(kBlank) + 1);
  if (content.empty()) return "is empty; it must hold a token" + std::string(kHowToMakeOne);
  if (!std::ranges::all_of(content, [](char c) { return c > ' ' && c <= '~'; })) {
    return "holds more than one word of visible ASCII characters; it must hold a token alone" +
           std::string(kHowToMakeOne);
  }
  if (content.size() < kShortestToken || content.size() > kLongestToken) {
    return "holds a token of " + std::to_string(content.size()) + " characters, it must have " +
           std::to_string(kShortestToken) + " to " + std::to_string(kLongestToken) + kHowToMakeOne;
  }
  token = Secret(content);
  return "";
}

Secret ReadToken(const std::string& path, std::string& problem) {
  Secret token;
  const Secret content = ReadSecret(path, kMaxBytes, problem);
  if (problem.empty()) problem = ParseToken(content.view(), token);
  if (!problem.empty()) problem = "the file " + Quote(path) + " " + problem;
  return token;
}

}  // namespace room_router::config
