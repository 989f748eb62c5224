// SPDX-License-Identifier: Apache-2.0
// The connection of one check: plain, or with TLS from some moment on.
//
// A shell around a socket and OpenSSL, which is given the descriptor and waited for. Whoever reads
// and writes says for how long: Close() ends what is under way, and OpenSSL never sees a descriptor
// that has been closed. One io_context thread. Never throws.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "config/client_tls.h"
#include "config/socket_address.h"

namespace room_router {

class CheckConnection {
 public:
  explicit CheckConnection(boost::asio::io_context& io) : socket_(io) {}

  // Each says whether it was done.
  boost::asio::awaitable<bool> Connect(const SocketAddress& address);
  boost::asio::awaitable<bool> ShakeHands(const std::shared_ptr<const ClientTls>& tls,
                                          const std::string& name);
  boost::asio::awaitable<bool> Write(std::string_view bytes);
  // At least one byte, or 0 at the end of all.
  boost::asio::awaitable<size_t> Read(std::span<char> room);
  void Close();

  // Why there was no handshake; static text.
  std::string_view problem() const { return problem_; }

 private:
  struct Free {
    void operator()(ssl_st* session) const;
  };
  // Waits for what OpenSSL wants; false when it will not come.
  boost::asio::awaitable<bool> Await(int result);
  boost::asio::awaitable<bool> Encrypt(std::string_view bytes);
  boost::asio::awaitable<size_t> Decrypt(std::span<char> room);

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<const ClientTls> tls_;
  std::unique_ptr<ssl_st, Free> session_;  // null = plain
  std::string_view problem_;
};

}  // namespace room_router
