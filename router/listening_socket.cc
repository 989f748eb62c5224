// SPDX-License-Identifier: Apache-2.0
#include "router/listening_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace room_router {
namespace {

constexpr int kBacklog = 4096;

ListeningSocket Fail(int descriptor) {
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  return {.error = std::strerror(error)};
}

}  // namespace

ListeningSocket Listen(const SocketAddress& address, bool shared) {
  const int descriptor = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return Fail(descriptor);
  const int on = 1, off = 0;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (address.family() == AF_INET6) {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(descriptor, address.data(), address.size()) != 0 || listen(descriptor, kBacklog) != 0) {
    return Fail(descriptor);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
  return {.descriptor = descriptor,
          .bound = SocketAddress::FromSystem(reinterpret_cast<sockaddr*>(&bound), size)};
}

}  // namespace room_router
