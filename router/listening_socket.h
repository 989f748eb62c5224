// SPDX-License-Identifier: Apache-2.0
// Opens listening TCP sockets, non-blocking. `shared` ones (SO_REUSEPORT) let every worker have one
// of its own for the same address, among which the system spreads new connections; they would also
// share it with another process of the user without a word, so probe with an unshared one first.
#pragma once

#include <string>

#include "config/socket_address.h"

namespace room_router {

struct ListeningSocket {
  int descriptor = -1;  // owned by the caller
  SocketAddress bound;  // with the port the system chose when 0 was asked for
  std::string error;    // why there is none: "address already in use", …
};

ListeningSocket Listen(const SocketAddress& address, bool shared);

}  // namespace room_router
