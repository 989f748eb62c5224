// SPDX-License-Identifier: Apache-2.0
// An import of one text, named h.cfg, on a machine that knows one host name.
#pragma once

#include <string>
#include <vector>

#include "config/haproxy/import.h"
#include "tests/config/support.h"

namespace room_router::config::haproxy {

inline constexpr const char* kServer = "  server shard-0 10.0.0.1:80 check\n";

inline std::vector<std::string> FixedAddress(const std::string& host) {
  if (host == "web-0") return {"10.9.0.1"};
  return {};
}

inline Imported ImportText(const std::string& text, const std::string& backend = "",
                           const std::string& local_peer = "") {
  return Import({{.name = "h.cfg", .text = text}}, {.backend = backend,
                                                    .local_peer = local_peer,
                                                    .resolve = FixedAddress,
                                                    .environment = TestEnvironment});
}

}  // namespace room_router::config::haproxy
