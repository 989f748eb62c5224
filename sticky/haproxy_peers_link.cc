// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_link.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace room_router::haproxy {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using State = PeerSession::State;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr const char* kStopping = "this replica stops";

std::string Explain(const ErrorCode& error) {
  return error == asio::error::eof ? "it closed the connection" : error.message();
}

}  // namespace

Link::Link(asio::io_context& io, tcp::socket socket, PeerSession talk, Handlers handlers)
    : session(std::move(talk)),
      socket_(std::move(socket)),
      handlers_(std::move(handlers)),
      alarm_(io, [this] { Ring(); }),
      wake_(io, TimePoint::max()) {
  alarm_.Set(session.NextDeadline());
}

void Link::Start(const LinkPtr& link, TaskSet& tasks) {
  ErrorCode ignored;
  link->socket_.set_option(tcp::no_delay(true), ignored);
  tasks.Spawn(Read(link), [link] { link->End(kStopping); });
  tasks.Spawn(Write(link), [link] { link->End(kStopping); });
}

void Link::Call(const LinkPtr& link, const tcp::endpoint& to, std::function<void()> on_connected,
                TaskSet& tasks) {
  tasks.Spawn(Connect(link, to, std::move(on_connected), tasks), [link] { link->End(kStopping); });
}

asio::awaitable<void> Link::Connect(LinkPtr link, tcp::endpoint to,
                                    std::function<void()> on_connected, TaskSet& tasks) {
  const auto [error] = co_await link->socket_.async_connect(to, kAwait);
  if (link->ended_) co_return;
  if (error) {
    link->End(Explain(error));
    co_return;
  }
  on_connected();
  Start(link, tasks);
}

asio::awaitable<void> Link::Read(LinkPtr link) {
  const auto buffer = asio::buffer(link->incoming_);
  while (!link->ended_ && link->session.state() != State::kClosed) {
    const auto [error, size] = co_await link->socket_.async_read_some(buffer, kAwait);
    if (link->ended_) co_return;
    if (error) {
      link->End(Explain(error));
      co_return;
    }
    link->session.Receive(std::string_view(link->incoming_.data(), size), Clock::now());
    link->handlers_.on_change(*link);
    link->Wake();
  }
}

asio::awaitable<void> Link::Write(LinkPtr link) {
  while (!link->ended_) {
    link->outgoing_ = link->session.TakeOutgoing();
    if (!link->outgoing_.empty()) {
      const auto buffer = asio::buffer(link->outgoing_);
      const auto [error, size] = co_await asio::async_write(link->socket_, buffer, kAwait);
      if (error) link->End(Explain(error));
      if (!link->ended_) link->handlers_.on_room(*link);
    } else if (link->session.state() == State::kClosed) {
      link->End("");
    } else {
      co_await link->wake_.async_wait(kAwait);
    }
  }
}

void Link::Wake() {
  if (ended_) return;
  if (session.state() != State::kClosed) {
    alarm_.Set(session.NextDeadline());
  } else if (!std::exchange(dying_, true)) {
    alarm_.Set(Clock::now() + kLastWords);
  }
  wake_.cancel();
}

void Link::Ring() {
  if (dying_) return End("");
  session.Tick(Clock::now());
  handlers_.on_change(*this);
  Wake();
}

void Link::End(std::string why) {
  if (std::exchange(ended_, true)) return;
  why_ = std::move(why);
  if (session.state() == State::kClosed) why_ = session.reason();
  ErrorCode ignored;
  socket_.close(ignored);
  wake_.cancel();
  alarm_.Cancel();
  handlers_.on_end(*this);
}

}  // namespace room_router::haproxy
