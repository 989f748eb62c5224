// SPDX-License-Identifier: Apache-2.0
#include "config/text_rules.h"

#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <exception>
#include <regex>

#include "config/report.h"
#include "config/socket_address.h"

namespace room_router::config {
namespace {

constexpr size_t kLongestName = 63, kLongestDnsName = 253, kLongestText = 4096;

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool ConsistsOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return IsAlphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

// Labels of 1 to 63 letters, digits, "-" and "_"; one final dot allowed.
bool IsDnsName(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kLongestDnsName) return false;
  while (true) {
    const size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || !ConsistsOf(label, "-_")) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// "name:port", "ip:port", "[ip]:port".
bool IsHostPort(std::string_view text) {
  if (const auto address = SocketAddress::Parse(text)) return address->port() != 0;
  const size_t colon = text.rfind(':');
  return colon != std::string_view::npos && IsDnsName(text.substr(0, colon)) &&
         IsPort(text.substr(colon + 1));
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

constexpr std::array<std::string_view, 13> kFramingFields{"Connection",
                                                          "Keep-Alive",
                                                          "Proxy-Connection",
                                                          "TE",
                                                          "Trailer",
                                                          "Transfer-Encoding",
                                                          "Upgrade",
                                                          "Content-Length",
                                                          "Host",
                                                          "Expect",
                                                          "Sec-WebSocket-Key",
                                                          "Sec-WebSocket-Accept",
                                                          "Sec-WebSocket-Version"};

// The URL with its placeholders replaced by what they look like when filled in; `unknown` gets a
// placeholder that is none.
std::string FillPlaceholders(std::string_view url, std::string_view& unknown) {
  std::string filled;
  while (!url.empty()) {
    const size_t open = url.find('{');
    filled += url.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = url.find('}', open);
    const std::string_view name =
        url.substr(open, close == std::string_view::npos ? close : close - open + 1);
    if (name == "{address}") {  // its port gives way to one that follows
      const bool own_port = url.substr(open + name.size()).starts_with(':');
      filled += own_port ? "192.0.2.1" : "192.0.2.1:80";
    } else if (name == "{shard}" || name == "{namespace}") {
      filled += "x";
    } else {
      unknown = name;
      break;
    }
    url.remove_prefix(close + 1);
  }
  return filled;
}

}  // namespace

std::string NameRule(std::string_view text) {
  if (!text.empty() && text.size() <= kLongestName && ConsistsOf(text, "._-")) return "";
  return Quote(text) + " is not a name; use 1 to 63 letters, digits, \".\", \"_\" and \"-\"";
}

std::string OptionalNameRule(std::string_view text) { return text.empty() ? "" : NameRule(text); }

std::string TokenRule(std::string_view text) {
  if (!text.empty() && text.size() <= 256 && ConsistsOf(text, "!#$%&'*+-.^_`|~")) return "";
  return Quote(text) + " is not a header name; use letters, digits and \"-\"";
}

std::string OptionalTokenRule(std::string_view text) { return text.empty() ? "" : TokenRule(text); }

std::string EditableHeaderRule(std::string_view text) {
  const bool framing =
      std::any_of(kFramingFields.begin(), kFramingFields.end(),
                  [text](std::string_view name) { return EqualIgnoringCase(name, text); });
  if (framing) {
    return Quote(text) + " belongs to the connection and is written by the router; remove it here";
  }
  return TokenRule(text);
}

std::string HeaderValueRule(std::string_view text) {
  if (text.size() > kLongestText) return "longer than 4096 bytes; shorten it";
  if (text.starts_with(' ') || text.ends_with(' ') || text.starts_with('\t') ||
      text.ends_with('\t')) {
    return "the value starts or ends with white space; remove it";
  }
  return "";
}

std::string RoomNameRule(std::string_view text) {
  const auto counts = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c < 0; };
  if (text.size() > 256) return "longer than 256 bytes; shorten it";
  const std::string_view name = text.substr(text.starts_with('[') ? text.find(']') + 1 : 0);
  if (text.empty() || std::any_of(name.begin(), name.end(), counts)) return "";
  return Quote(text) + " names no room; write for example standup or [tenant]standup";
}

std::string ParameterRule(std::string_view text) {
  if (!text.empty() && text.size() <= kLongestName && ConsistsOf(text, "._~-")) return "";
  return Quote(text) + " is not a query parameter's name, such as room";
}

std::string SrvNameRule(std::string_view text) {
  const size_t dot = text.find('.');
  const bool two_underscores = text.starts_with('_') && dot != std::string_view::npos &&
                               text.substr(dot + 1).starts_with('_') &&
                               text.find('.', dot + 1) != std::string_view::npos;
  if (two_underscores && IsDnsName(text)) return "";
  return Quote(text) +
         " is not an SRV name; write _service._proto.domain, such as "
         "_http._tcp.web.jitsi.svc.cluster.local";
}

std::string HostNameRule(std::string_view text) {
  return IsDnsName(text) ? "" : Quote(text) + " is not a host name, such as meet.example.org";
}

std::string OptionalHostNameRule(std::string_view text) {
  return text.empty() ? "" : HostNameRule(text);
}

std::string HostSuffixRule(std::string_view text) {
  if (text.empty() || (text.starts_with('.') && IsDnsName(text.substr(1)))) return "";
  return Quote(text) + " is not a domain suffix; start it with a dot, such as .meet.example.org";
}

std::string HostPortRule(std::string_view text) {
  return IsHostPort(text) ? "" : Quote(text) + " is not host:port, such as router-1.example:7946";
}

std::string EndpointPathRule(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!text.empty() && text.size() <= kLongestText && plain && !text.starts_with('/') &&
      text.find_first_of("?#") == std::string_view::npos) {
    return "";
  }
  return Quote(text) +
         " is not a path below the tenant; write it without leading \"/\", \"?\", "
         "\"#\" and spaces, such as http-bind";
}

std::string CheckUrlRule(std::string_view text) {
  if (text.empty()) return "";
  const std::string_view scheme = text.starts_with("https://") ? "https://" : "http://";
  if (!text.starts_with(scheme) || text.size() > kLongestText) {
    return "the URL must start with http:// or https://, such as http://{address}/";
  }
  std::string_view unknown;
  const std::string filled = FillPlaceholders(text, unknown);
  if (!unknown.empty()) {
    return Quote(unknown) + " is no placeholder; there are {address}, {shard} and {namespace}";
  }
  const bool plain =
      std::all_of(filled.begin(), filled.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || filled.find('#') != std::string::npos) {
    return "the URL has a space, \"#\" or non-ASCII character; percent-encode it";
  }
  const std::string_view rest = std::string_view(filled).substr(scheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.find('@') != std::string_view::npos) {
    return "the URL has credentials; use header: {Authorization: …} instead";
  }
  if (IsHostPort(authority) || IsDnsName(authority) || IsHostPort(std::string(authority) + ":80")) {
    return "";
  }
  return "the URL has no host[:port] after " + std::string(scheme) +
         "; write for example http://{address}/";
}

std::string PlaceholdersRule(std::string_view text) {
  std::string_view unknown;
  FillPlaceholders(text, unknown);
  if (text.size() > kLongestText) return "the text is too long; shorten it";
  if (unknown.empty()) return "";
  return Quote(unknown) + " is no placeholder; there are {address}, {shard} and {namespace}";
}

std::string CheckHostRule(std::string_view text) {
  if (text.empty() || text == "{address}") return "";
  std::string problem = PlaceholdersRule(text);
  if (!problem.empty()) return problem;
  std::string_view unknown;
  const std::string filled = FillPlaceholders(text, unknown);
  if (IsDnsName(filled) || IsHostPort(filled + ":80") || IsHostPort("[" + filled + "]:80")) {
    return "";
  }
  return Quote(text) + " is no host name or IP; write for example {shard}-agent.{namespace}.svc";
}

std::string SocketPathRule(std::string_view text) {
  if (text.size() < sizeof(sockaddr_un::sun_path)) return "";
  return Quote(text) + " is too long for a socket; use at most " +
         std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes";
}

std::string NotEmptyRule(std::string_view text) {
  return text.empty() ? "must not be empty; remove the key for the default" : "";
}

std::string RegexRule(std::string_view text) {
  // std::regex recurses over the pattern: a long one could exhaust the stack.
  if (text.size() > 256) return "longer than 256 characters; shorten it";
  if (GroupCount(std::string(text)) >= 0) return "";
  return Quote(text) +
         " is not a regular expression (ECMAScript); check its brackets and backslashes";
}

int GroupCount(const std::string& pattern) {
  try {
    return static_cast<int>(std::regex(pattern, std::regex::ECMAScript).mark_count());
  } catch (const std::exception&) {
    return -1;
  }
}

}  // namespace room_router::config
