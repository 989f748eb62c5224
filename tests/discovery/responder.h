// SPDX-License-Identifier: Apache-2.0
// A TCP server for tests: to whatever a client sends first it answers a fixed text, or nothing.
//
// Runs on the test's io_context, on a free loopback port.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "config/socket_address.h"

namespace room_router::test {

class Responder {
 public:
  enum class Mode { kListening, kRefusing };  // refusing: the port is taken, nobody listens

  explicit Responder(boost::asio::io_context& io, std::string answer = "",
                     Mode mode = Mode::kListening);

  SocketAddress address() const;
  int accepted() const { return accepted_; }
  const std::vector<std::string>& requests() const { return requests_; }
  void SetAnswer(std::string answer) { answer_ = std::move(answer); }
  void Listen();     // ends refusing
  void AnswerNow();  // on every open connection
  void Close();      // listener and connections

 private:
  struct Connection;

  // Expired when a handler that is called after all finds this gone.
  std::weak_ptr<void> Life() const { return life_; }
  void Accept();
  void Answer(const std::shared_ptr<Connection>& connection);
  void Receive(const std::shared_ptr<Connection>& connection);

  boost::asio::ip::tcp::acceptor acceptor_;
  std::string answer_;
  int accepted_ = 0;
  std::vector<std::string> requests_;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::shared_ptr<void> life_ = std::make_shared<int>();
};

}  // namespace room_router::test
