// SPDX-License-Identifier: Apache-2.0
#include "config/shared_keys.h"

#include <algorithm>
#include <optional>

namespace room_router::config {
namespace {

constexpr const char* kHowToMakeOne = "one is made with: openssl rand -hex 32";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// Digits of `bits` each; bits left over at the end must be fewer than a digit and zero.
std::optional<std::string> Decode(std::string_view digits, int bits, int (*value)(char)) {
  std::string bytes;
  unsigned gathered = 0;
  int count = 0;
  for (const char c : digits) {
    if (value(c) < 0) return std::nullopt;
    gathered = (gathered << bits) | static_cast<unsigned>(value(c));
    count += bits;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(gathered >> count);
    gathered &= (1U << count) - 1;
  }
  if (count >= bits || gathered != 0) return std::nullopt;
  return bytes;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  const size_t end = std::min(text.find('='), text.size());
  const std::string_view padding = text.substr(end);
  const bool padded = padding.empty() || (text.size() % 4 == 0 && padding.size() <= 2);
  if (!padded || padding.find_first_not_of('=') != std::string_view::npos) return std::nullopt;
  return Decode(text.substr(0, end), 6, Base64Value);
}

// Only hex digits are hex, also when base64 could be read from them: an odd number is a slip.
std::optional<std::string> DecodeKey(std::string_view text) {
  const bool hex = std::all_of(text.begin(), text.end(), [](char c) { return HexValue(c) >= 0; });
  return hex ? Decode(text, 4, HexValue) : DecodeBase64(text);
}

std::string_view Trim(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = std::min(line.find_first_not_of(kBlank), line.size());
  line.remove_prefix(first);
  return line.substr(0, line.find_last_not_of(kBlank) + 1);
}

// What is wrong with one line.
std::string TakeKey(std::string_view line, std::vector<std::string>& keys) {
  const auto key = DecodeKey(line);
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

std::string ParseSharedKeys(std::string_view text, std::vector<std::string>& keys) {
  keys.clear();
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    std::string problem = TakeKey(line, keys);
    if (problem.empty()) continue;
    keys.clear();
    return "line " + std::to_string(number) + " " + problem;
  }
  return keys.empty() ? "holds no key; " + std::string(kHowToMakeOne) : "";
}

}  // namespace room_router::config
