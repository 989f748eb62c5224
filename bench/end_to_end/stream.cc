// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <span>

namespace room_router::bench {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

int ConnectLoopback(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in address = Loopback(port);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) {
    close(fd);
    return -1;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

int ListenLoopback(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = Loopback(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      listen(fd, SOMAXCONN) < 0) {
    close(fd);
    return -1;
  }
  return fd;
}

Stream::Stream(Poller& poller, int fd, Poller::Handler* handler, ClientTls* tls)
    : poller_(poller), handler_(handler), fd_(fd) {
  if (fd_ < 0) return;
  int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  poller_.Add(fd_, EPOLLIN, handler_);
  if (tls != nullptr) tls_ = std::make_unique<TlsSession>(*tls, fd_);
}

void Stream::Close() {
  tls_.reset();
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  pending_.clear();
}

void Stream::Send(std::string_view bytes) {
  if (!open()) return;
  if (blocked()) {
    pending_.append(bytes);
    return;
  }
  ssize_t sent = SendNow(bytes);
  if (sent < 0 && errno != EAGAIN) return;
  size_t taken = sent < 0 ? 0 : static_cast<size_t>(sent);
  if (taken == bytes.size()) return;
  pending_.assign(bytes.substr(taken));
  UpdateInterest();
}

void Stream::Flush() {
  if (!open() || pending_.empty()) return;
  ssize_t sent = SendNow(pending_);
  if (sent < 0 && errno != EAGAIN) pending_.clear();
  if (sent > 0) pending_.erase(0, static_cast<size_t>(sent));
  UpdateInterest();
}

void Stream::WantWritable(bool wanted) {
  wants_writable_ = wanted;
  UpdateInterest();
}

ssize_t Stream::SendNow(std::string_view bytes) {
  if (tls_) return tls_->Send(bytes);
  return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// What waits for a handshake waits to read.
void Stream::UpdateInterest() {
  bool writable = wants_writable_ || (blocked() && (!tls_ || tls_->shaken()));
  if (!open() || writable == registered_writable_) return;
  registered_writable_ = writable;
  poller_.Change(fd_, writable ? EPOLLIN | EPOLLOUT : EPOLLIN, handler_);
}

ssize_t Stream::ReceiveInto(int flags) {
  if (!open()) return 0;
  std::span<char> buffer = poller_.scratch();
  ssize_t received = tls_ ? tls_->Receive(buffer) : recv(fd_, buffer.data(), buffer.size(), flags);
  if (received == 0 || (received < 0 && errno != EAGAIN)) Close();
  if (tls_ && tls_->shaken()) Flush();
  return received < 0 ? 0 : received;
}

std::string_view Stream::Receive() {
  ssize_t received = ReceiveInto(0);
  return {poller_.scratch().data(), static_cast<size_t>(received)};
}

size_t Stream::Discard() { return static_cast<size_t>(ReceiveInto(MSG_TRUNC)); }

}  // namespace room_router::bench
