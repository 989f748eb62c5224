// SPDX-License-Identifier: Apache-2.0
// Waits in a coroutine for a view. Null when it did not come in time, or the timer was cancelled:
// that is how a connection that is being closed leaves.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "router/admin/admin_collector.h"

namespace room_router::admin {

// The timer belongs to the caller's connection and outlives the wait.
boost::asio::awaitable<AdminViewPtr> AwaitView(AdminCollector& collector,
                                               std::shared_ptr<boost::asio::steady_timer> timer);

}  // namespace room_router::admin
