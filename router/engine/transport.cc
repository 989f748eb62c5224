// SPDX-License-Identifier: Apache-2.0
#include "router/engine/transport.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace room_router {
namespace {

// The C library's recv and send are cancellation points: in a process with threads each call then
// pays for two more atomic updates. No thread here is ever cancelled.
ssize_t Receive(int descriptor, char* buffer, size_t size) {
  return syscall(SYS_recvfrom, descriptor, buffer, size, 0, nullptr, nullptr);
}
ssize_t Send(int descriptor, std::string_view bytes) {
  return syscall(SYS_sendto, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
}

IoResult Failed() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    return {IoResult::Status::kBlocked, 0};
  }
  return {IoResult::Status::kError, 0};
}

}  // namespace

PlainTransport::~PlainTransport() { ::close(descriptor_); }

IoResult PlainTransport::Read(char* buffer, size_t size) {
  const ssize_t n = Receive(descriptor_, buffer, size);
  if (n > 0) return {IoResult::Status::kOk, static_cast<size_t>(n)};
  if (n == 0) return {IoResult::Status::kEof, 0};
  return Failed();
}

IoResult PlainTransport::Write(std::string_view bytes) {
  const ssize_t n = Send(descriptor_, bytes);
  if (n >= 0) return {IoResult::Status::kOk, static_cast<size_t>(n)};
  return Failed();
}

void PlainTransport::ShutdownWrite() { ::shutdown(descriptor_, SHUT_WR); }

}  // namespace room_router
