// SPDX-License-Identifier: Apache-2.0
#include "router/admin/local_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace room_router::admin {
namespace {

constexpr int kBacklog = 1024;

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int Socket(int family) { return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

LocalListener Failed(int descriptor, const std::string& text) {
  LocalListener failed{.descriptor = -1, .error = text + ": " + std::strerror(errno)};
  if (descriptor >= 0) close(descriptor);
  return failed;
}

// Why the name can't be taken; empty = it is free, or a file nobody listens on any more.
std::string Occupied(const std::string& path) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return {};
  if (!S_ISSOCK(facts.st_mode)) {
    return "admin socket " + path +
           ": a file that is not a socket is there; remove it or choose "
           "another admin.sockets path";
  }
  const int probe = Socket(AF_UNIX);
  const sockaddr_un address = UnixAddress(path);
  const int result = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool answered = result == 0 || errno == EAGAIN;
  close(probe);
  if (!answered) return {};
  return "admin socket " + path +
         ": another process answers there; is room-router running twice "
         "with the same admin.sockets path?";
}

}  // namespace

LocalListener ListenUnix(const std::string& path, unsigned mode) {
  const std::string temporary = path + "." + std::to_string(getpid());
  if (temporary.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return {.descriptor = -1,
            .error = "admin socket " + path + ": the path is too long for a unix socket"};
  }
  if (const std::string why = Occupied(path); !why.empty()) return {.descriptor = -1, .error = why};
  const int descriptor = Socket(AF_UNIX);
  const sockaddr_un address = UnixAddress(temporary);
  unlink(temporary.c_str());
  if (descriptor < 0 ||
      bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Failed(descriptor, "admin socket " + path + ": can't create it in that folder");
  }
  if (chmod(temporary.c_str(), mode) != 0 || listen(descriptor, kBacklog) != 0 ||
      std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    errno = error;
    return Failed(descriptor, "admin socket " + path + ": can't set it up");
  }
  return {.descriptor = descriptor, .error = {}};
}

LocalListener ListenTcp(const SocketAddress& address) {
  const int descriptor = Socket(address.family());
  const int on = 1;
  if (descriptor >= 0) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (descriptor < 0 || bind(descriptor, address.data(), address.size()) != 0 ||
      listen(descriptor, kBacklog) != 0) {
    return Failed(descriptor, "can't listen on " + address.ToString());
  }
  return {.descriptor = descriptor, .error = {}};
}

SocketAddress BoundAddress(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(descriptor, address, &size) != 0 || address->sa_family == AF_UNIX) return {};
  return SocketAddress::FromSystem(address, size);
}

}  // namespace room_router::admin
