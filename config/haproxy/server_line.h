// SPDX-License-Identifier: Apache-2.0
// The options of a `server`, `server-template` or `default-server` line by name.
//
// Knows how many arguments each option takes; one it does not know is taken for a flag. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/haproxy/directive.h"

namespace room_router::config::haproxy {

struct ServerOption {
  std::string value;  // "" for a flag
  const Directive* from = nullptr;
};

using ServerOptions = std::map<std::string, ServerOption, std::less<>>;

// Adds the options from the n-th word on; those of a server replace those of default-server.
void ReadServerOptions(const Directive& directive, size_t n, ServerOptions& options);

// Why an option is not carried over and what to do; "" when nothing needs to be said about it.
std::string_view WhyNot(std::string_view option);

}  // namespace room_router::config::haproxy
