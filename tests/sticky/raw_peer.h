// SPDX-License-Identifier: Apache-2.0
// The other end of a stream as a test wants it: any bytes, sent and read when the test says so.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <string_view>

#include "config/socket_address.h"

namespace room_router::test {

class RawPeer {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  RawPeer(boost::asio::io_context& io, const SocketAddress& address);
  explicit RawPeer(Socket accepted)
      : socket_(std::move(accepted)), timer_(socket_.get_executor()) {}

  void Write(std::string_view bytes);    // as much as the system takes at once
  void WriteEnd();                       // shuts the sending side down
  void Dribble(std::string_view bytes);  // one at a time, for ever, until the stream ends
  void Read();                           // from now on, until the stream ends
  void ReadOnce();                       // what comes next
  void Close();

  const std::string& received() const { return received_; }
  bool ended() const { return ended_; }

 private:
  Socket socket_;
  boost::asio::steady_timer timer_;
  std::array<char, 16384> buffer_{};
  std::string received_;
  bool ended_ = false;
};

// A frame as it is on the wire.
std::string Framed(std::string_view frame);
// What a client says first that speaks TLS 1.2 at most.
std::string OldTlsHello();

}  // namespace room_router::test
