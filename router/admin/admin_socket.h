// SPDX-License-Identifier: Apache-2.0
// The admin socket: accepts connections and runs a CliSession on each, on the control thread.
//
// At most kMaxSessions at once, others are told so; each ends after its idle timeout, a reader that
// takes nothing included. Answers that wait to be read are bounded together: beyond kMaxUnsent a
// command gets an error. Open(), then Close() and let the io_context run until `drained`, then
// destroy.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "discovery/task_set.h"
#include "router/admin/admin_collector.h"
#include "router/admin/cli_session.h"
#include "router/admin/drain_waits.h"

namespace room_router::admin {

struct CliContext;

class AdminSocket {
 public:
  static constexpr size_t kMaxSessions = 1000;
  static constexpr size_t kMaxUnsent = 64 << 20;  // bytes

  AdminSocket(boost::asio::io_context& io, DrainWaits& waits, config::AdminSocket config);
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

  std::string Open();  // the error, empty = listening
  void Close(std::function<void()> drained = {});

  SocketAddress address() const { return address_; }  // TCP only
  size_t sessions() const { return sessions_; }

 private:
  using Protocol = boost::asio::generic::stream_protocol;
  struct Session;

  boost::asio::awaitable<void> Accept();
  boost::asio::awaitable<void> Serve(std::shared_ptr<Session> session);
  boost::asio::awaitable<void> RunCommands(std::shared_ptr<Session> session);
  boost::asio::awaitable<CliReply> Reply(const CliWords& words, Session& session);
  boost::asio::awaitable<CliReply> LaterReply(const CliWords& words, const CliContext& context,
                                              std::shared_ptr<boost::asio::steady_timer> wait);
  boost::asio::awaitable<CliReply> Wait(DrainWish wish, std::shared_ptr<Session> session);
  boost::asio::awaitable<bool> Send(Session& session);
  boost::asio::awaitable<void> Linger(Session& session);
  std::chrono::seconds uptime() const;

  boost::asio::io_context& io_;
  AdminCollector& collector_;
  DrainWaits& waits_;
  const config::AdminSocket config_;
  boost::asio::basic_socket_acceptor<Protocol> acceptor_;
  std::shared_ptr<boost::asio::steady_timer> pause_;  // of accepting, after an error
  SocketAddress address_;
  uint64_t inode_ = 0;  // of our socket file
  size_t sessions_ = 0, unsent_ = 0;
  TaskSet tasks_;
};

}  // namespace room_router::admin
