// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_http.h"

#include <poll.h>
#include <sys/socket.h>

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

#include "config/secret.h"
#include "router/admin/admin_pages.h"
#include "router/admin/api_routes.h"
#include "router/admin/await_view.h"
#include "router/admin/entity_tag.h"
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
constexpr unsigned kNotModified = 304;

// A request may hold the token.
using Memory = config::Clearing<char>;
using Head = http::request_parser<http::empty_body, Memory>;
using ChangeParser = http::request_parser<http::string_body, Memory>;
using Response = http::response<http::string_body>;

std::string_view View(boost::string_view text) { return {text.data(), text.size()}; }

boost::string_view Text(std::string_view text) { return {text.data(), text.size()}; }

Response MakeResponse(AdminPage page, bool head_only, bool keep_alive) {
  Response response(static_cast<http::status>(page.status), 11);
  response.set(http::field::content_type, Text(page.content_type));
  response.set(http::field::cache_control, page.tagged ? "no-cache" : "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  response.set("Content-Security-Policy",
               "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
               "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  if (page.status == 401) response.set(http::field::www_authenticate, "Bearer");
  if (page.status == 405) {
    response.set(http::field::allow, page.allow);
  }
  if (!page.tag.empty()) response.set(http::field::etag, page.tag);
  response.keep_alive(keep_alive);
  if (page.status != kNotModified) response.content_length(page.body.size());
  if (!head_only) response.body() = std::move(page.body);
  return response;
}

// Gives the page its tag, and takes the rest away when the client has it.
void Tag(AdminPage& page, std::string_view if_none_match) {
  if (!page.tagged) return;
  page.tag = EntityTag(page.body);
  if (!HasTag(if_none_match, page.tag)) return;
  page.status = kNotModified;
  page.body.clear();
}

ChangeRequest ReadChange(const ChangeParser::value_type& request) {
  return {.method = View(request.method_string()),
          .target = View(request.target()),
          .credentials = {.authorization = View(request[http::field::authorization]),
                          .origin = View(request[http::field::origin]),
                          .fetch_site = View(request["Sec-Fetch-Site"]),
                          .host = View(request[http::field::host])},
          .content_type = View(request[http::field::content_type]),
          .body = request.body()};
}

ChangeAnswer TooLarge() {
  return {.page = ErrorPage(413, "a change has at most " + std::to_string(kMaxBody) + " bytes")};
}

// What a head that cannot be read is answered; 0 = nothing, the connection failed.
int StatusOf(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  const bool parsed =
      error.category() == http::make_error_code(http::error::bad_version).category();
  const bool ended = error == http::error::end_of_stream || error == http::error::partial_message;
  return error && parsed && !ended ? 400 : 0;
}

AdminPage Refusal(int status) {
  if (status == 413) return TooLarge().page;
  return ErrorPage(status, status == 431 ? "the head of a request has at most 16384 bytes"
                                         : "this is no request of HTTP/1.1");
}

// A client that takes no answer any more; nothing else tells while nobody reads from it.
bool HasLeft(int descriptor) {
  pollfd end{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
  return poll(&end, 1, 0) > 0 && (end.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

// Best effort: a connection that has just been accepted has room for this.
void TurnAway(int descriptor) {
  constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nCache-Control: no-store\r\n"
      "Retry-After: 5\r\nConnection: close\r\n\r\n";
  [[maybe_unused]] const ssize_t sent =
      send(descriptor, kAnswer.data(), kAnswer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
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

  // What was read of the request that has been answered.
  void Forget() {
    head.reset();
    buffer.shrink_to_fit();
  }

  beast::tcp_stream stream;
  beast::basic_flat_buffer<Memory> buffer{kMaxHead + kMaxBody};
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
    if (connections_ >= kMaxConnections && !MakeRoom()) {
      TurnAway(socket.native_handle());
      continue;
    }
    auto connection = std::make_shared<Connection>(std::move(socket));
    ++connections_;
    tasks_.Spawn(Serve(connection), [connection] { connection->Close(); });
  }
}

bool AdminHttp::MakeRoom() {
  if (waiting_.empty()) return false;
  waiting_.front()->Close();
  waiting_.pop_front();
  return true;
}

asio::awaitable<void> AdminHttp::Serve(std::shared_ptr<Connection> connection) {
  bool again = true;
  while (again) {
    waiting_.push_back(connection.get());
    again = co_await ServeOne(*connection);
    waiting_.remove(connection.get());
    connection->Forget();
  }
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
  connection.head_only = false;
  const int refusal = StatusOf(error);
  if (refusal != 0) {
    const bool refused = co_await Send(connection, Refusal(refusal), false);
    co_return refused;
  }
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
  Tag(page, View(connection.head->get()[http::field::if_none_match]));
  const bool sent = co_await Send(connection, std::move(page), keep_alive);
  co_return sent;
}

asio::awaitable<bool> AdminHttp::ServeChange(Connection& connection) {
  ChangeParser request(std::move(*connection.head));
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
    waiting_.remove(&connection);  // for long, and rightly so
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
