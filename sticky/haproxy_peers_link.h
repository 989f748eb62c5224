// SPDX-License-Identifier: Apache-2.0
// One TCP connection to an HAProxy peer: reads into its session, writes what it says, wakes
// it in time, and closes when the session has closed and its last words are out (or kLastWords
// later).
//
// Two coroutines own it together; everybody else may point to it until `on_end`, which is called
// once. `on_change`: the session may have events. `on_room`: bytes were written. One thread.
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "discovery/alarm.h"
#include "discovery/task_set.h"
#include "sticky/haproxy_peers_session.h"

namespace room_router::haproxy {

class Link {
 public:
  static constexpr Duration kLastWords{1'000};
  struct Handlers {
    std::function<void(Link&)> on_change, on_room, on_end;
  };

  Link(boost::asio::io_context& io, boost::asio::ip::tcp::socket socket, PeerSession session,
       Handlers handlers);

  // A connection that was accepted.
  static void Start(const std::shared_ptr<Link>& link, TaskSet& tasks);
  // Connects first; `on_connected` then, unless it fails.
  static void Call(const std::shared_ptr<Link>& link, const boost::asio::ip::tcp::endpoint& to,
                   std::function<void()> on_connected, TaskSet& tasks);

  // The session has got something to say, or other deadlines.
  void Wake();
  void End(std::string why);

  PeerSession session;
  bool ended() const { return ended_; }
  const std::string& why() const { return why_; }  // it ended

 private:
  using LinkPtr = std::shared_ptr<Link>;

  static boost::asio::awaitable<void> Connect(LinkPtr link, boost::asio::ip::tcp::endpoint to,
                                              std::function<void()> on_connected, TaskSet& tasks);
  static boost::asio::awaitable<void> Read(LinkPtr link);
  static boost::asio::awaitable<void> Write(LinkPtr link);
  void Ring();

  boost::asio::ip::tcp::socket socket_;
  const Handlers handlers_;
  Alarm alarm_;
  boost::asio::steady_timer wake_;  // of the writer
  bool ended_ = false, dying_ = false;
  std::string why_, outgoing_;
  std::array<char, 16 << 10> incoming_;
};

}  // namespace room_router::haproxy
