// SPDX-License-Identifier: Apache-2.0
// A listening descriptor for the admin plane: a unix socket with its mode, or a TCP address.
//
// A unix socket gets its name only once its mode is set. A file left by a process that died is
// replaced; one that somebody answers on, or that isn't a socket, is an error. Non-blocking.
#pragma once

#include <string>

#include "config/config.h"

namespace room_router::admin {

struct LocalListener {
  int descriptor = -1;
  std::string error;  // what went wrong and what to do; empty = fine
};

LocalListener ListenUnix(const std::string& path, unsigned mode);
LocalListener ListenTcp(const SocketAddress& address);
SocketAddress BoundAddress(int descriptor);

}  // namespace room_router::admin
