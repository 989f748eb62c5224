// SPDX-License-Identifier: Apache-2.0
#include "tests/discovery/responder.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace room_router::test {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Responder::Connection {
  explicit Connection(tcp::socket s) : socket(std::move(s)) {}
  tcp::socket socket;
  std::array<char, 4096> buffer{};
  std::string answer;
};

Responder::Responder(asio::io_context& io, std::string answer, Mode mode)
    : acceptor_(io), answer_(std::move(answer)) {
  acceptor_.open(tcp::v4());
  acceptor_.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  if (mode == Mode::kListening) Listen();
}

void Responder::Listen() {
  acceptor_.listen();
  Accept();
}

SocketAddress Responder::address() const {
  return *SocketAddress::FromIp("127.0.0.1", acceptor_.local_endpoint().port());
}

void Responder::Close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& weak : connections_) {
    if (const auto connection = weak.lock()) connection->socket.close(ignored);
  }
}

void Responder::Accept() {
  acceptor_.async_accept([this, life = Life()](const auto& error, tcp::socket socket) {
    if (error || life.expired()) return;
    ++accepted_;
    auto connection = std::make_shared<Connection>(std::move(socket));
    connections_.push_back(connection);
    Receive(connection);
    Accept();
  });
}

void Responder::Receive(const std::shared_ptr<Connection>& connection) {
  connection->socket.async_read_some(
      asio::buffer(connection->buffer),
      [this, life = Life(), connection](const auto& error, size_t size) {
        if (error || life.expired()) return;
        requests_.emplace_back(connection->buffer.data(), size);
        if (!answer_.empty()) Answer(connection);
        Receive(connection);
      });
}

void Responder::Answer(const std::shared_ptr<Connection>& connection) {
  connection->answer = answer_;
  asio::async_write(connection->socket, asio::buffer(connection->answer),
                    [connection](const auto&, size_t) {});
}

void Responder::AnswerNow() {
  for (const auto& weak : connections_) {
    if (const auto connection = weak.lock()) Answer(connection);
  }
}

}  // namespace room_router::test
