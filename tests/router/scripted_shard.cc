// SPDX-License-Identifier: Apache-2.0
#include "tests/router/scripted_shard.h"

#include <optional>

namespace room_router::test {
namespace {

constexpr std::string_view kEmptyLine = "\r\n\r\n";

// Everything up to and with `end`; nothing when the stream ends before.
std::optional<std::string> ReadUntil(int fd, std::string& input, std::string_view end) {
  char buffer[4096];
  size_t found = 0;
  while ((found = input.find(end)) == std::string::npos) {
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return std::nullopt;
    input.append(buffer, static_cast<size_t>(n));
  }
  std::string taken = input.substr(0, found + end.size());
  input.erase(0, taken.size());
  return taken;
}

bool Send(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void EchoUntilEnd(int fd, std::string input) {
  char buffer[4096];
  while (Send(fd, input)) {
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) return;
    input.assign(buffer, static_cast<size_t>(n));
  }
}

}  // namespace

ScriptedShard::ScriptedShard(std::string preface)
    : preface_(std::move(preface)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      address_(*SocketAddress::FromIp("127.0.0.1", 0)) {
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  bind(listener_, address_.data(), address_.size());
  listen(listener_, 16);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size);
  address_ = address_.WithPort(ntohs(bound.sin_port));
  accepting_ = std::thread([this] { Accept(); });
}

ScriptedShard::~ScriptedShard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  for (const int connection : connections_) close(connection);
  close(listener_);
}

void ScriptedShard::Accept() {
  for (;;) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    const std::lock_guard lock(mutex_);
    connections_.push_back(connection);
    if (stopping_) return;
    threads_.emplace_back([this, connection] {
      Serve(connection);
      shutdown(connection, SHUT_RDWR);
    });
  }
}

void ScriptedShard::Serve(int connection) const {
  std::string input;
  bool announced = false;
  while (const auto head = ReadUntil(connection, input, kEmptyLine)) {
    if (*head == kEmptyLine) {  // a PROXY header begins so
      const auto rest = ReadUntil(connection, input, preface_.substr(kEmptyLine.size()));
      announced = rest && *head + *rest == preface_;
      continue;
    }
    const bool to_bridge = head->find(" /colibri-ws") != std::string::npos;
    if (announced != (!preface_.empty() && !to_bridge)) return;
    if (to_bridge || head->find(" /xmpp-websocket") != std::string::npos) {
      Send(connection,
           "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
           "Upgrade: websocket\r\n\r\n");
      return EchoUntilEnd(connection, input);
    }
    if (head->find(" /http-bind") == std::string::npos) {
      if (!Send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) return;
      continue;
    }
    const auto body = ReadUntil(connection, input, "0\r\n\r\n");
    if (!body) return;
    Send(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + *body);
  }
}

}  // namespace room_router::test
