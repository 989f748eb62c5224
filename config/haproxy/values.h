// SPDX-License-Identifier: Apache-2.0
// HAProxy's numbers, times and addresses. A text with a variable in it is no number and no time.
// Pure. Source: HAProxy's configuration manual, section 2.5 (time format) and 4.2 (bind, server).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"

namespace room_router::config::haproxy {

std::optional<uint64_t> ReadNumber(std::string_view text);
// "2k" is 2048; k, m and g.
std::optional<uint64_t> ReadSize(std::string_view text);
// Without a unit milliseconds; us, ms, s, m, h, d. Microseconds are rounded up.
std::optional<Duration> ReadTime(std::string_view text);
// As room-router.yaml writes it.
std::string WriteTime(Duration time);

struct Endpoint {
  std::string host;          // an IP without brackets, a name, a variable; "" = any
  std::string port;          // a number, a range, a variable; "" = none
  std::string text() const;  // host:port, [host]:port
};
// nullopt for what is no TCP over IP: unix sockets, file descriptors, quic4@ …
std::optional<Endpoint> ReadEndpoint(std::string_view text);

// "what(ARGUMENT,…)" anywhere in a sample expression: the first arguments of all of them.
std::vector<std::string> ArgumentsOf(std::string_view expression, std::string_view what);

// Header names compare without regard to case.
std::string Folded(std::string_view text);

}  // namespace room_router::config::haproxy
