// SPDX-License-Identifier: Apache-2.0
#include "config/shared_keys.h"

#include <optional>

#include "config/key_lines.h"

namespace room_router::config {
namespace {

constexpr const char* kHowToMakeOne = "one is made with: openssl rand -hex 32";

// What is wrong with one line.
std::string TakeKey(std::string_view line, std::vector<Secret>& keys) {
  // Only hex digits are hex, also when base64 could be read from them: an odd number is a slip.
  const std::optional<Secret> key = IsHex(line) ? DecodeHex(line) : DecodeBase64(line);
  if (!key) return "is neither hex nor base64; " + std::string(kHowToMakeOne);
  if (key->size() < kShortestKey || key->size() > kLongestKey) {
    return "is a key of " + std::to_string(key->size()) + " bytes, it must have " +
           std::to_string(kShortestKey) + " to " + std::to_string(kLongestKey) + "; " +
           kHowToMakeOne;
  }
  if (keys.size() == 2) return "is a third key; keep the new one and the one before it";
  if (!keys.empty() && keys.front() == *key) return "repeats the first key; remove it";
  keys.push_back(*key);
  return "";
}

}  // namespace

std::string ParseSharedKeys(std::string_view text, std::vector<Secret>& keys) {
  keys.clear();
  std::string problem =
      ReadKeyLines(text, [&keys](std::string_view line) { return TakeKey(line, keys); });
  if (!problem.empty()) keys.clear();
  if (problem.empty() && keys.empty()) return "holds no key; " + std::string(kHowToMakeOne);
  return problem;
}

}  // namespace room_router::config
