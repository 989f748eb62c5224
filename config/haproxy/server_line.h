// SPDX-License-Identifier: Apache-2.0
// A `server` or `server-template` line, and its options and those of `default-server` by name.
//
// Knows how many arguments each option takes; one it does not know is taken for a flag. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/haproxy/directive.h"
#include "config/haproxy/source.h"

namespace room_router::config::haproxy {

struct ServerOption {
  std::string value;  // "" for a flag
  const Directive* from = nullptr;
};

using ServerOptions = std::map<std::string, ServerOption, std::less<>>;

// Adds the options from the n-th word on; those of a server replace those of default-server.
void ReadServerOptions(const Directive& directive, size_t n, ServerOptions& options);

struct Server {
  const Directive* line;
  const Section* section;
  ServerOptions options;

  bool template_line() const { return line->At(0) == "server-template"; }
  const std::string& name() const { return line->At(1); }
  const std::string& address() const { return line->At(template_line() ? 3 : 2); }
};

// "" = a flag, or not there.
std::string ValueOf(const ServerOptions& options, std::string_view name);

// Why an option is not carried over and what to do; "" when nothing needs to be said about it.
std::string_view WhyNot(std::string_view option);

}  // namespace room_router::config::haproxy
