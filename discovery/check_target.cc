// SPDX-License-Identifier: Apache-2.0
#include "discovery/check_target.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace room_router {
namespace {

constexpr uint16_t kHttpPort = 80, kHttpsPort = 443;
constexpr std::string_view kHttp = "http://", kHttps = "https://", kAddress = "{address}";

uint16_t UsualPort(const CheckTarget& target) { return target.https ? kHttpsPort : kHttpPort; }

std::string HostText(const SocketAddress& address) {
  return address.family() == AF_INET6 ? "[" + address.Ip() + "]" : address.Ip();
}

std::string Substitute(std::string_view text, const CheckSubject& subject) {
  std::string result;
  while (!text.empty()) {
    const auto take = [&](std::string_view name) {
      if (!text.starts_with(name)) return false;
      text.remove_prefix(name.size());
      return true;
    };
    if (take(kAddress)) {
      const bool own_port = text.starts_with(':');
      result += own_port ? HostText(subject.address) : subject.address.ToString();
    } else if (take("{shard}")) {
      result += subject.shard;
    } else if (take("{namespace}")) {
      result += subject.name_space;
    } else {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool SetAuthority(std::string_view authority, CheckTarget& target) {
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  target.port = UsualPort(target);
  if (has_port) {
    const auto port = ParsePort(authority.substr(colon + 1));
    if (!port) return false;
    target.port = *port;
    authority = authority.substr(0, colon);
  }
  target.host = authority;
  if (authority.size() > 2 && authority.front() == '[' && authority.back() == ']') {
    authority = authority.substr(1, authority.size() - 2);
  }
  if (const auto address = SocketAddress::FromIp(authority, target.port)) target.address = *address;
  const auto is_host_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  return !target.host.empty() &&
         (!target.address.empty() || std::all_of(authority.begin(), authority.end(), is_host_byte));
}

bool IsTarget(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string MakeRequest(const config::HealthCheck& check, const CheckTarget& target,
                        std::string_view path) {
  std::string request = "GET " + std::string(path) + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : check.header) {
    request.append(name).append(": ").append(value).append("\r\n");
    has_host = has_host || (name.size() == 4 && strncasecmp(name.c_str(), "host", 4) == 0);
  }
  if (!has_host) {
    request += "Host: " + target.host;
    if (target.port != UsualPort(target)) request += ":" + std::to_string(target.port);
    request += "\r\n";
  }
  return request + "User-Agent: room-router\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

// Where a check without a url connects to.
bool SetPlace(const config::HealthCheck& check, const CheckSubject& subject, CheckTarget& target) {
  target.own_host = check.host.empty() || check.host == kAddress;
  std::string host = target.own_host ? HostText(subject.address) : Substitute(check.host, subject);
  const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  if (bare_ipv6) host = "[" + host + "]";
  const uint16_t port = check.port == 0 ? subject.address.port() : check.port;
  return SetAuthority(host + ":" + std::to_string(port), target);
}

}  // namespace

std::optional<CheckTarget> FillIn(const config::HealthCheck& check, const CheckSubject& subject) {
  CheckTarget target;
  if (check.type != config::HealthCheck::Type::kHttp) {
    if (!SetPlace(check, subject, target)) return std::nullopt;
    target.own = target.own_host && target.port == subject.address.port();
    if (!check.send.empty()) target.request = Substitute(check.send, subject) + "\n";
    return target;
  }
  const std::string url = Substitute(check.url, subject);
  target.https = url.starts_with(kHttps);
  if (!target.https && !url.starts_with(kHttp)) return std::nullopt;
  const std::string_view scheme = target.https ? kHttps : kHttp;
  const std::string_view rest = std::string_view(url).substr(scheme.size());
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  std::string path(rest.substr(slash));
  path = path.substr(0, path.find('#'));
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  if (!IsTarget(path) || !SetAuthority(rest.substr(0, slash), target)) return std::nullopt;
  target.own_host = std::string_view(check.url).substr(scheme.size()).starts_with(kAddress);
  target.own = target.own_host && target.port == subject.address.port();
  target.request = MakeRequest(check, target, path);
  return target;
}

std::optional<int> StatusOf(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return std::nullopt;
  if (line[7] < '0' || line[7] > '9' || line[8] != ' ') return std::nullopt;
  if (line.size() > 12 && line[12] != ' ' && line[12] != '\r') return std::nullopt;
  int status = 0;
  const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, status);
  if (error != std::errc{} || end != line.data() + 12 || status < 100) return std::nullopt;
  return status;
}

Health Judge(const config::HealthCheck& check, int status) {
  if (std::find(check.soft.begin(), check.soft.end(), status) != check.soft.end()) {
    return Health::kSoft;
  }
  const bool expected = std::any_of(
      check.expect.begin(), check.expect.end(),
      [&](const config::StatusRange& r) { return r.first <= status && status <= r.last; });
  return expected ? Health::kGood : Health::kBad;
}

}  // namespace room_router
