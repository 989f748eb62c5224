// SPDX-License-Identifier: Apache-2.0
// The bearer token that changes over HTTP need, and whether a request may change something.
//
// The token is what the file holds now: it is read again for each request that would change
// something, so a rotated secret counts at once. Requests of browsers must come from this port's
// own pages: another site could otherwise use a token that a browser keeps. Tokens are compared in
// constant time and never shown. Blocking file I/O; pure but for that.
#pragma once

#include <string>
#include <string_view>

namespace room_router::admin {

struct Credentials {  // fields of a request, empty where absent
  std::string_view authorization, origin, fetch_site, host;
};

struct Denial {
  unsigned status = 0;  // 0: it may
  std::string message;
};

Denial Authorize(const Credentials& credentials, const std::string& token_file);

// Parts of it.
bool IsSameOrigin(const Credentials& credentials);
bool IsToken(std::string_view authorization, std::string_view token);

}  // namespace room_router::admin
