// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "config/scalars.h"
#include "config/socket_address.h"

namespace room_router::config::haproxy {
namespace {

using Unit = std::pair<std::string_view, uint64_t>;

// Digits and a unit's name; the name of the first unit may be left out.
template <size_t kCount>
std::optional<uint64_t> Scaled(std::string_view text, const std::array<Unit, kCount>& units) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name = text.substr(static_cast<size_t>(end - text.data()));
  for (const auto& [unit, factor] : units) {
    if (name != unit) continue;
    constexpr uint64_t kMost = uint64_t{1} << 53;
    return number > kMost / factor ? std::nullopt : std::optional(number * factor);
  }
  return std::nullopt;
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::optional<uint64_t> ReadNumber(std::string_view text) {
  return Scaled(text, std::array{Unit{"", 1}});
}

std::optional<uint64_t> ReadSize(std::string_view text) {
  return Scaled(
      text, std::array{Unit{"", 1}, Unit{"k", 1 << 10}, Unit{"m", 1 << 20}, Unit{"g", 1 << 30}});
}

std::optional<Duration> ReadTime(std::string_view text) {
  const auto micros = Scaled(
      text, std::array{Unit{"", 1000}, Unit{"us", 1}, Unit{"ms", 1000}, Unit{"s", 1'000'000},
                       Unit{"m", 60'000'000}, Unit{"h", 3'600'000'000}, Unit{"d", 86'400'000'000}});
  if (!micros) return std::nullopt;
  return Duration(static_cast<int64_t>((*micros + 999) / 1000));
}

std::string WriteTime(Duration time) { return Period{}.Print(time); }

std::string Endpoint::text() const {
  const bool brackets = host.find(':') != std::string::npos && !host.starts_with("${");
  return (brackets ? "[" + host + "]" : host) + ":" + port;
}

std::optional<Endpoint> ReadEndpoint(std::string_view text) {
  constexpr std::array<std::string_view, 6> kPlain{"ipv4@", "ipv6@", "tcp4@",
                                                   "tcp6@", "udp4@", "udp6@"};
  for (const std::string_view prefix : kPlain) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  }
  const size_t at = text.find('@');
  if (text.starts_with('/') || (at != std::string_view::npos && at < text.find("${"))) {
    return std::nullopt;
  }
  // A colon inside of "${NAME:-default}" separates nothing.
  size_t colon = text.rfind(':');
  const size_t brace = text.rfind('}');
  if (colon != std::string_view::npos && brace != std::string_view::npos && brace > colon) {
    colon = std::string_view::npos;
  }
  // A bare IPv6 address has no port; with one, its last colon is the port's, as HAProxy has it.
  Endpoint endpoint;
  endpoint.host = text.substr(0, colon);
  if (colon != std::string_view::npos) endpoint.port = text.substr(colon + 1);
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']')) {
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  }
  if (endpoint.host == "*") endpoint.host.clear();
  return endpoint;
}

std::vector<std::string> ArgumentsOf(std::string_view expression, std::string_view what) {
  std::vector<std::string> arguments;
  const std::string call = std::string(what) + "(";
  for (size_t at = expression.find(call); at != std::string_view::npos;
       at = expression.find(call, at + 1)) {
    if (at > 0 && IsNameCharacter(expression[at - 1])) continue;
    const std::string_view rest = expression.substr(at + call.size());
    std::string argument(rest.substr(0, rest.find_first_of(",)")));
    std::erase_if(argument, [](char c) { return c == '"' || c == '\'' || c == ' '; });
    if (!argument.empty()) arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::string Folded(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return folded;
}

}  // namespace room_router::config::haproxy
