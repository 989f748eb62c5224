// SPDX-License-Identifier: Apache-2.0
#include "config/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/substitute.h"

namespace room_router::config {
namespace {

// Words other YAML readers take for booleans or null.
constexpr std::array<std::string_view, 9> kReserved{"true", "false", "yes", "no", "on",
                                                    "off",  "null",  "y",   "n"};

bool IsPlain(std::string_view text) {
  constexpr std::string_view kOthers = "_./:-";
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool safe = std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || digit(c) || kOthers.find(c) != std::string_view::npos;
  });
  if (!safe || text.empty() || text.ends_with(':')) return false;
  if (!letter(text[0]) && !digit(text[0]) && text[0] != '/' && text[0] != '_') return false;
  // "5142", "1e5", "0x1f", "1_000" and "12:30" would be numbers elsewhere.
  const bool numeric = digit(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
                         return digit(c) ||
                                std::string_view("eExX_.:-").find(c) != std::string_view::npos ||
                                (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
                       });
  if (numeric && std::count(text.begin(), text.end(), '.') < 3) return false;
  std::string folded(text);
  for (char& c : folded) c = letter(c) ? static_cast<char>(c | 0x20) : c;
  return std::find(kReserved.begin(), kReserved.end(), folded) == kReserved.end();
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace

std::string ToYaml(std::string_view text) { return ToYamlAsIs(EscapeVariables(text)); }

std::string ToYamlAsIs(std::string_view text) {
  return IsPlain(text) ? std::string(text) : Quoted(text);
}

// Keys are taken as they are: variables are replaced in values only.
std::string Writer::FormKey(std::string_view key) {
  const bool number =
      std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
  return IsPlain(key) || (number && !key.empty()) ? std::string(key) : Quoted(key);
}

}  // namespace room_router::config
