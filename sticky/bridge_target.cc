// SPDX-License-Identifier: Apache-2.0
#include "sticky/bridge_target.h"

#include <algorithm>
#include <string>

#include "sticky/escape.h"

namespace room_router {
namespace {

constexpr std::string_view kChannel = "/colibri-ws/", kRelay = "/colibri-relay-ws/";
constexpr std::string_view kStem = "/colibri-";  // of both
constexpr std::string_view kPassword = "?pwd=";
constexpr size_t kLongestId = 63, kLongestRoomId = 16, kLongestEndpoint = 36;

bool IsBetween(char c, char first, char last) { return first <= c && c <= last; }
bool IsDigit(char c) { return IsBetween(c, '0', '9'); }
bool IsAlphanumeric(char c) {
  return IsDigit(c) || IsBetween(c, 'a', 'z') || IsBetween(c, 'A', 'Z');
}
bool IsIdByte(char c) { return IsAlphanumeric(c) || c == '.' || c == '_' || c == '-'; }
bool IsRoomIdByte(char c) { return IsDigit(c) || IsBetween(c, 'a', 'f'); }
bool IsEndpointByte(char c) { return IsAlphanumeric(c) || c == '-'; }
bool IsPasswordByte(char c) { return IsBetween(c, '!', '~') && c != '&' && c != '#'; }

// Takes 1 to `longest` bytes of one kind off the front of `rest`; empty: there are none, or more.
template <typename IsByte>
std::string_view TakePart(std::string_view& rest, size_t longest, IsByte is_byte) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_byte);
  const auto part = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest.remove_prefix(part.size());
  return part.size() <= longest ? part : std::string_view();
}

bool Skip(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

// Undoes escapes until none is left.
std::string Unescape(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    out.push_back(c);
    for (int byte = EscapeAtEnd(out); byte >= 0; byte = EscapeAtEnd(out)) {
      out.resize(out.size() - 3);
      out.push_back(static_cast<char>(byte));
    }
  }
  return out;
}

bool HasBridgeSegment(std::string_view path) {
  for (size_t at = path.find(kStem); at != path.npos; at = path.find(kStem, at + 1)) {
    std::string_view rest = path.substr(at + kStem.size());
    Skip(rest, "relay-");
    if (Skip(rest, "ws") && (rest.empty() || !IsIdByte(rest.front()))) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> BridgeOf(std::string_view target) {
  std::string_view rest = target;
  if (!Skip(rest, kChannel)) return std::nullopt;
  const auto id = TakePart(rest, kLongestId, IsIdByte);
  if (id.empty() || id == "." || id == ".." || !Skip(rest, "/")) return std::nullopt;
  if (TakePart(rest, kLongestRoomId, IsRoomIdByte).empty()) return std::nullopt;
  if (!Skip(rest, "/")) return std::nullopt;
  if (TakePart(rest, kLongestEndpoint, IsEndpointByte).empty()) return std::nullopt;
  if (!Skip(rest, kPassword)) return std::nullopt;
  return std::all_of(rest.begin(), rest.end(), IsPasswordByte) ? std::optional(id) : std::nullopt;
}

bool IsRelayTarget(std::string_view target) { return target.starts_with(kRelay); }

bool ConcernsBridges(std::string_view path) {
  if (path.find('%') == path.npos) return HasBridgeSegment(path);
  return HasBridgeSegment(Unescape(path));
}

}  // namespace room_router
