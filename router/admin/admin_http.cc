// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_http.h"

#include <poll.h>

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
#include <optional>
#include <utility>

#include "router/admin/admin_pages.h"
#include "router/admin/await_view.h"
#include "router/admin/local_listener.h"
#include "router/admin/shard_api.h"

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
constexpr uint64_t kMaxBody = 4 << 10;  // of a change

using Head = http::request_parser<http::empty_body>;
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
  if (page.status == 401) response.set(http::field::www_authenticate, "Bearer");
  if (page.status == 405) {
    response.set(http::field::allow, boost::string_view(page.allow.data(), page.allow.size()));
  }
  response.keep_alive(keep_alive);
  response.content_length(page.body.size());
  if (!head_only) response.body() = std::move(page.body);
  return response;
}

ChangeRequest ReadChange(const http::request<http::string_body>& request) {
  return {.method = View(request.method_string()),
          .target = View(request.target()),
          .credentials = {.authorization = View(request[http::field::authorization]),
                          .origin = View(request[http::field::origin]),
                          .fetch_site = View(request["Sec-Fetch-Site"]),
                          .host = View(request[http::field::host])},
          .body = request.body()};
}

ChangeAnswer TooLarge() {
  return {.page = ErrorPage(413, "a change has at most " + std::to_string(kMaxBody) + " bytes")};
}

// A client that takes no answer any more; nothing else tells while nobody reads from it.
bool HasLeft(int descriptor) {
  pollfd end{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
  return poll(&end, 1, 0) > 0 && (end.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
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
  beast::flat_buffer buffer{kMaxHead + kMaxBody};
  std::optional<Head> head;                  // of the request being served
  bool head_only = false;                    // so is its answer
  std::shared_ptr<asio::steady_timer> wait;  // for a view
};

AdminHttp::AdminHttp(asio::io_context& io, DrainWaits& waits, SocketAddress address)
    : io_(io),
      collector_(waits.collector()),
      waits_(waits),
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
  Head& head = connection.head.emplace();
  head.header_limit(kMaxHead);
  connection.stream.expires_after(kPatience);
  const auto [error, size] =
      co_await http::async_read_header(connection.stream, connection.buffer, head, kAwait);
  if (error) co_return false;
  const http::verb method = head.get().method();
  connection.head_only = method == http::verb::head;
  bool again = false;
  if (method == http::verb::get || method == http::verb::head) {
    again = co_await ServePage(connection);
  } else {
    again = co_await ServeChange(connection);
  }
  co_return again;
}

asio::awaitable<bool> AdminHttp::ServePage(Connection& connection) {
  const std::string target(View(connection.head->get().target()));
  // A body is left unread: what follows it can't be told from it.
  const bool keep_alive = connection.head->is_done() && connection.head->get().keep_alive();
  AdminViewPtr view;
  if (PageNeedsView(target)) view = co_await AwaitView(collector_, connection.wait);
  AdminPage page = MakePage(target, view.get(), collector_.sources());
  const bool sent = co_await Send(connection, std::move(page), keep_alive);
  co_return sent;
}

asio::awaitable<bool> AdminHttp::ServeChange(Connection& connection) {
  http::request_parser<http::string_body> request(std::move(*connection.head));
  if (request.content_length().value_or(0) > kMaxBody) {
    const bool refused = co_await Send(connection, TooLarge().page, false);
    co_return refused;
  }
  request.body_limit(kMaxBody);  // of chunks
  const auto [error, size] =
      co_await http::async_read(connection.stream, connection.buffer, request, kAwait);
  if (error && error != http::error::body_limit) co_return false;
  ChangeAnswer answer = TooLarge();
  if (!error) answer = MakeChange(ReadChange(request.get()), collector_.sources());
  if (answer.wait) {
    tcp::socket& socket = connection.stream.socket();
    const auto present = [&socket] { return socket.is_open() && !HasLeft(socket.native_handle()); };
    DrainWaits::Waiter waiter{.timer = connection.wait, .present = present};
    const DrainOutcome outcome = co_await waits_.Wait(*answer.wait, std::move(waiter));
    if (outcome.end == DrainEnd::kLeft) co_return false;
    answer.page = DrainPage(*answer.wait, outcome);
  }
  const bool keep_alive = !error && request.get().keep_alive();
  const bool sent = co_await Send(connection, std::move(answer.page), keep_alive);
  co_return sent;
}

asio::awaitable<bool> AdminHttp::Send(Connection& connection, AdminPage page, bool keep_alive) {
  const bool head_only = connection.head_only;
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
