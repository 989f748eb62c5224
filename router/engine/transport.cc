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
ssize_t Receive(int descriptor, char* buffer, size_t size, int flags = 0) {
  return syscall(SYS_recvfrom, descriptor, buffer, size, flags, nullptr, nullptr);
}
ssize_t Send(int descriptor, std::string_view bytes, int flags = 0) {
  return syscall(SYS_sendto, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags, nullptr,
                 0);
}

IoResult Failed() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    return {IoResult::Status::kBlocked, 0};
  }
  return {IoResult::Status::kError, 0};
}

// What a receiving call returned.
IoResult Received(ssize_t n) {
  if (n > 0) return {IoResult::Status::kOk, static_cast<size_t>(n)};
  if (n == 0) return {IoResult::Status::kEof, 0};
  return Failed();
}

IoResult Sent(ssize_t n) {
  if (n >= 0) return {IoResult::Status::kOk, static_cast<size_t>(n)};
  return Failed();
}

}  // namespace

PlainTransport::~PlainTransport() { ::close(descriptor_); }

IoResult PlainTransport::Read(char* buffer, size_t size) {
  return Received(Receive(descriptor_, buffer, size));
}

IoResult PlainTransport::Write(std::string_view bytes) { return Sent(Send(descriptor_, bytes)); }

IoResult PlainTransport::WriteMore(std::string_view bytes) {
  return Sent(Send(descriptor_, bytes, MSG_MORE));
}

IoResult PlainTransport::Peek(char* buffer, size_t size) {
  return Received(Receive(descriptor_, buffer, size, MSG_PEEK));
}

void PlainTransport::Skip(size_t size) {
  // Bytes that were peeked are there, so this neither blocks nor falls short.
  Receive(descriptor_, nullptr, size, MSG_TRUNC);
}

void PlainTransport::ShutdownWrite() { ::shutdown(descriptor_, SHUT_WR); }

}  // namespace room_router
