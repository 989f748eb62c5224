// SPDX-License-Identifier: Apache-2.0
// All doors for operators of one replica: the HTTP port and the admin sockets.
//
// Lives on the control thread. Open(), then Close() and let the io_context run until `drained`,
// then destroy.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "router/admin/admin_collector.h"
#include "router/admin/admin_http.h"
#include "router/admin/admin_socket.h"
#include "router/admin/drain_waits.h"

namespace room_router::admin {

class AdminPlane {
 public:
  AdminPlane(boost::asio::io_context& io, const config::Admin& config, AdminSources sources);

  std::string Open();  // which address or path and why, empty = all are listening
  void Close(std::function<void()> drained);

  SocketAddress http() const { return http_ ? http_->address() : SocketAddress(); }

 private:
  AdminCollector collector_;
  DrainWaits waits_{collector_};
  std::unique_ptr<AdminHttp> http_;  // null = off
  std::vector<std::unique_ptr<AdminSocket>> sockets_;
};

}  // namespace room_router::admin
