// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_http.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "router/admin/admin_pages.h"
#include "router/admin/await_view.h"
#include "router/admin/local_listener.h"

namespace room_router::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kAcceptPause = 100ms;  // when descriptors have run out
constexpr auto kPatience = 30s;       // for a request to arrive, and for an answer to be taken
constexpr uint32_t kMaxHead = 16 << 10;

using Request = http::request_parser<http::empty_body>;
using Response = http::response<http::string_body>;

std::string_view View(boost::string_view text) { return {text.data(), text.size()}; }

Response MakeResponse(AdminPage page, bool head_only, bool keep_alive) {
  Response response(static_cast<http::status>(page.status), 11);
  response.set(http::field::content_type,
               boost::string_view(page.content_type.data(), page.content_type.size()));
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
               "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  if (page.status == 405) response.set(http::field::allow, "GET, HEAD");
  response.keep_alive(keep_alive);
  response.content_length(page.body.size());
  if (!head_only) response.body() = std::move(page.body);
  return response;
}

}  // namespace

struct AdminHttp::Connection {
  explicit Connection(tcp::socket accepted)
      : stream(std::move(accepted)),
        wait(std::make_shared<asio::steady_timer>(stream.get_executor())) {}

  void Close() {
    stream.close();
    wait->cancel();
  }

  beast::tcp_stream stream;
  beast::flat_buffer buffer{kMaxHead + 4096};
  std::shared_ptr<asio::steady_timer> wait;  // for a view
};

AdminHttp::AdminHttp(asio::io_context& io, AdminCollector& collector, SocketAddress address)
    : io_(io),
      collector_(collector),
      address_(address),
      acceptor_(io),
      pause_(std::make_shared<asio::steady_timer>(io)),
      tasks_(io) {}

AdminHttp::~AdminHttp() = default;

std::string AdminHttp::Open() {
  const LocalListener listener = ListenTcp(address_);
  if (listener.descriptor < 0) return "admin.http: " + listener.error;
  acceptor_.assign(address_.family() == AF_INET6 ? tcp::v6() : tcp::v4(), listener.descriptor);
  address_ = BoundAddress(listener.descriptor);
  tasks_.Spawn(Accept(), [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_->cancel();
  });
  return {};
}

void AdminHttp::Close(std::function<void()> drained) { tasks_.CloseAll(std::move(drained)); }

asio::awaitable<void> AdminHttp::Accept() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error) {
      if (!acceptor_.is_open()) break;
      pause_->expires_after(kAcceptPause);
      co_await pause_->async_wait(kAwait);
      continue;
    }
    if (connections_ >= kMaxConnections) continue;  // closes it
    auto connection = std::make_shared<Connection>(std::move(socket));
    ++connections_;
    tasks_.Spawn(Serve(connection), [connection] { connection->Close(); });
  }
}

asio::awaitable<void> AdminHttp::Serve(std::shared_ptr<Connection> connection) {
  bool again = true;
  while (again) again = co_await ServeOne(*connection);
  boost::system::error_code ignored;
  connection->stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  connection->Close();
  --connections_;
}

asio::awaitable<bool> AdminHttp::ServeOne(Connection& connection) {
  Request request;
  request.header_limit(kMaxHead);
  connection.stream.expires_after(kPatience);
  const auto [read_error, read_size] =
      co_await http::async_read_header(connection.stream, connection.buffer, request, kAwait);
  if (read_error) co_return false;
  const http::verb method = request.get().method();
  const std::string target(View(request.get().target()));
  const bool known = method == http::verb::get || method == http::verb::head;
  // A body is left unread: what follows it can't be told from it.
  const bool keep_alive = known && request.is_done() && request.get().keep_alive();

  AdminPage page{.status = 405, .body = "Only GET and HEAD: this port changes nothing.\n"};
  if (known) {
    AdminViewPtr view;
    if (PageNeedsView(target)) view = co_await AwaitView(collector_, connection.wait);
    page = MakePage(target, view.get(), collector_.sources());
  }
  const bool head_only = method == http::verb::head;
  Response response = MakeResponse(std::move(page), head_only, keep_alive);
  http::response_serializer<http::string_body> serializer(response);
  serializer.split(head_only);
  connection.stream.expires_after(kPatience);
  if (head_only) {
    const auto [error, size] =
        co_await http::async_write_header(connection.stream, serializer, kAwait);
    co_return !error && keep_alive;
  }
  const auto [error, size] = co_await http::async_write(connection.stream, serializer, kAwait);
  co_return !error && keep_alive;
}

}  // namespace room_router::admin
