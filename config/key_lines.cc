// SPDX-License-Identifier: Apache-2.0
#include "config/key_lines.h"

#include <algorithm>

namespace room_router::config {
namespace {

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

std::optional<Secret> Decode(std::string_view digits, int bits, int (*value)(char)) {
  Secret bytes;
  unsigned gathered = 0;
  int count = 0;
  for (const char c : digits) {
    if (value(c) < 0) return std::nullopt;
    gathered = (gathered << bits) | static_cast<unsigned>(value(c));
    count += bits;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(gathered >> count));
    gathered &= (1U << count) - 1;
  }
  if (count >= bits || gathered != 0) return std::nullopt;
  return bytes;
}

std::string_view Trim(std::string_view line) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = std::min(line.find_first_not_of(kBlank), line.size());
  line.remove_prefix(first);
  return line.substr(0, line.find_last_not_of(kBlank) + 1);
}

}  // namespace

std::string ReadKeyLines(std::string_view text,
                         const std::function<std::string(std::string_view line)>& take) {
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const std::string problem = take(line);
    if (!problem.empty()) return "line " + std::to_string(number) + " " + problem;
  }
  return "";
}

std::optional<Secret> DecodeHex(std::string_view digits) { return Decode(digits, 4, HexValue); }

std::optional<Secret> DecodeBase64(std::string_view text) {
  const size_t end = std::min(text.find('='), text.size());
  const std::string_view padding = text.substr(end);
  const bool padded = padding.empty() || (text.size() % 4 == 0 && padding.size() <= 2);
  if (!padded || padding.find_first_not_of('=') != std::string_view::npos) return std::nullopt;
  return Decode(text.substr(0, end), 6, Base64Value);
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return HexValue(c) >= 0; });
}

}  // namespace room_router::config
