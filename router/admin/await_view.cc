// SPDX-License-Identifier: Apache-2.0
#include "router/admin/await_view.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace room_router::admin {
namespace {

namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
// Only for a `collect` that broke its promise to call back; well above its own time limit.
constexpr std::chrono::seconds kLongest{10};

}  // namespace

asio::awaitable<AdminViewPtr> AwaitView(AdminCollector& collector,
                                        std::shared_ptr<asio::steady_timer> timer) {
  const auto arrived = std::make_shared<AdminViewPtr>();
  timer->expires_after(kLongest);
  collector.Collect([arrived, timer](AdminViewPtr view) {
    *arrived = std::move(view);
    timer->cancel();
  });
  if (!*arrived) co_await timer->async_wait(kAwait);
  co_return *arrived;
}

}  // namespace room_router::admin
