// SPDX-License-Identifier: Apache-2.0
#include "router/secret_words.h"

#include <algorithm>
#include <array>

namespace room_router {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"token", "jwt",      "previd",
                                                    "pwd",   "password", "access_token"};
// The other names contain one of these. A JWT is '{"' in base64, twice.
constexpr std::array<std::string_view, 6> kWords = {"token", "jwt",      "previd",
                                                    "pwd",   "password", "eyj"};
// ? & ; = in any spelling.
constexpr std::array<std::string_view, 4> kEncoded = {"3f", "26", "3b", "3d"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool StartsWith(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char wanted, char c) { return wanted == Lower(c); });
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return Lower(c) >= 'a' && Lower(c) <= 'f' ? Lower(c) - 'a' + 10 : -1;
}

// "%6A" at the front: an encoded letter or '%'. Nobody needs to encode a letter.
bool IsDisguised(std::string_view rest) {
  if (rest.size() < 3 || rest[0] != '%' || HexDigit(rest[1]) < 0 || HexDigit(rest[2]) < 0) {
    return false;
  }
  const char c = Lower(static_cast<char>(HexDigit(rest[1]) * 16 + HexDigit(rest[2])));
  return c == '%' || (c >= 'a' && c <= 'z');
}

bool IsSeparator(std::string_view rest) {
  constexpr std::string_view kSeparators = "?&;=#";
  if (kSeparators.find(rest.front()) != std::string_view::npos) return true;
  return rest.front() == '%' && std::ranges::any_of(kEncoded, [rest](std::string_view digits) {
           return StartsWith(rest.substr(1), digits);
         });
}

}  // namespace

bool IsSecretName(std::string_view name) {
  if (name.find('%') != std::string_view::npos) return true;  // may spell one of them
  return std::ranges::any_of(kNames, [name](std::string_view secret) {
    return name.size() == secret.size() && StartsWith(name, secret);
  });
}

bool MentionsSecret(std::string_view text) {
  for (; text.size() >= 3; text.remove_prefix(1)) {
    constexpr std::string_view kFirst = "tjpe";  // of the words
    if (IsDisguised(text)) return true;
    if (kFirst.find(Lower(text.front())) == std::string_view::npos) continue;
    if (std::ranges::any_of(kWords, [text](auto word) { return StartsWith(text, word); })) {
      return true;
    }
  }
  return false;
}

size_t HarmlessPath(std::string_view path) {
  for (size_t at = 0; at < path.size(); ++at) {
    if (IsSeparator(path.substr(at)) || StartsWith(path.substr(at), "/eyj")) return at;
  }
  return path.size();
}

}  // namespace room_router
