// SPDX-License-Identifier: Apache-2.0
// The admin HTTP port: GET and HEAD of admin_pages, the changes of shard_api, one coroutine per
// connection on the control thread.
//
// Bounded against hostile clients: 16 KiB of head, 4 KiB of body, 30 s to send a request or take an
// answer, kMaxConnections: who comes then takes the place of the one that has kept us waiting
// longest, so that probes are answered whatever others do; 503 when all wait for shards to be
// empty. A client that waits for that and closes is let go. Open(), then Close() and let the
// io_context run until `drained`, then destroy.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "discovery/task_set.h"
#include "router/admin/admin_collector.h"
#include "router/admin/admin_pages.h"
#include "router/admin/drain_waits.h"

namespace room_router::admin {

class AdminHttp {
 public:
  static constexpr size_t kMaxConnections = 256;

  AdminHttp(boost::asio::io_context& io, DrainWaits& waits, SocketAddress address);
  ~AdminHttp();
  AdminHttp(const AdminHttp&) = delete;
  AdminHttp& operator=(const AdminHttp&) = delete;

  std::string Open();  // the error, empty = listening
  void Close(std::function<void()> drained = {});

  SocketAddress address() const { return address_; }
  size_t connections() const { return connections_; }

 private:
  struct Connection;

  // Ends the request that has taken longest, waits for shards aside; false when there is none.
  bool MakeRoom();
  boost::asio::awaitable<void> Accept();
  boost::asio::awaitable<void> Serve(std::shared_ptr<Connection> connection);
  // Whether another request may follow.
  boost::asio::awaitable<bool> ServeOne(Connection& connection);
  boost::asio::awaitable<bool> ServePage(Connection& connection);
  boost::asio::awaitable<bool> ServeChange(Connection& connection);
  boost::asio::awaitable<bool> Send(Connection& connection, AdminPage page, bool keep_alive);

  boost::asio::io_context& io_;
  AdminCollector& collector_;
  DrainWaits& waits_;
  SocketAddress address_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<boost::asio::steady_timer> pause_;  // of accepting, after an error
  size_t connections_ = 0;
  std::list<Connection*> waiting_;  // for requests or to send answers, those since longest first
  TaskSet tasks_;
};

}  // namespace room_router::admin
