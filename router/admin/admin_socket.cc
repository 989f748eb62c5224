// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "router/admin/await_view.h"
#include "router/admin/cli_commands.h"
#include "router/admin/local_listener.h"

namespace room_router::admin {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kAcceptPause = 100ms;  // when descriptors have run out
constexpr auto kMaxOverrun = 60s;     // of a wait, when the workers are slow to answer
constexpr auto kLinger = 2s;          // for a client to read the last answer, or to send more lines
constexpr auto kLongestAnswer = 10s;  // well above the workers' own limit
constexpr size_t kSendEvery = 256 << 10;  // bytes of answers gathered

uint64_t InodeOf(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

// Half-closing is how a client ends its commands; this is the end of both directions.
bool IsHungUp(int descriptor) {
  pollfd end{.fd = descriptor, .events = 0, .revents = 0};
  return poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR)) != 0;
}

// Best effort: a connection that has just been accepted has room for a line.
void TurnAway(int descriptor) {
  static_assert(AdminSocket::kMaxSessions == 1000);
  constexpr std::string_view kLine =
      "Too many sessions: 1000 are open already; try again later.\n\n";
  [[maybe_unused]] const ssize_t sent =
      send(descriptor, kLine.data(), kLine.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

struct AdminSocket::Session {
  Session(Protocol::socket accepted, config::AdminLevel level)
      : socket(std::move(accepted)),
        idle(socket.get_executor()),
        wait(std::make_shared<asio::steady_timer>(socket.get_executor())),
        cli(level) {}

  void Close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    idle.cancel();
    wait->cancel();
  }

  // Closes the session if nothing moves for so long.
  void Arm(const std::shared_ptr<Session>& self, std::chrono::milliseconds timeout) {
    idle.expires_after(timeout);
    idle.async_wait([self](const boost::system::error_code& error) {
      // Armed again after it had rung: not this time.
      if (!error && self->idle.expiry() <= Clock::now()) self->Close();
    });
  }

  Protocol::socket socket;
  asio::steady_timer idle;
  std::shared_ptr<asio::steady_timer> wait;  // for a view
  CliSession cli;
  std::array<char, 4096> buffer;
  uint64_t received = 0;  // bytes
};

AdminSocket::AdminSocket(asio::io_context& io, DrainWaits& waits, config::AdminSocket config)
    : io_(io),
      collector_(waits.collector()),
      waits_(waits),
      config_(std::move(config)),
      acceptor_(io),
      pause_(std::make_shared<asio::steady_timer>(io)),
      tasks_(io) {}

AdminSocket::~AdminSocket() = default;

std::string AdminSocket::Open() {
  const bool is_unix = !config_.path.empty();
  const LocalListener listener =
      is_unix ? ListenUnix(config_.path, config_.mode) : ListenTcp(config_.address);
  if (listener.descriptor < 0) {
    return is_unix ? listener.error : "admin socket: " + listener.error;
  }
  if (is_unix) inode_ = InodeOf(config_.path);
  address_ = BoundAddress(listener.descriptor);
  const int family = is_unix ? AF_UNIX : config_.address.family();
  acceptor_.assign(Protocol(family, 0), listener.descriptor);
  tasks_.Spawn(Accept(), [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_->cancel();
  });
  return {};
}

void AdminSocket::Close(std::function<void()> drained) {
  // Not if somebody else has taken the name meanwhile.
  if (inode_ != 0 && InodeOf(config_.path) == inode_) unlink(config_.path.c_str());
  inode_ = 0;
  tasks_.CloseAll(std::move(drained));
}

asio::awaitable<void> AdminSocket::Accept() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error) {
      if (!acceptor_.is_open()) break;
      pause_->expires_after(kAcceptPause);
      co_await pause_->async_wait(kAwait);
      continue;
    }
    if (sessions_ >= kMaxSessions) {
      TurnAway(socket.native_handle());
      continue;
    }
    auto session = std::make_shared<Session>(std::move(socket), config_.level);
    ++sessions_;
    tasks_.Spawn(Serve(session), [session] { session->Close(); });
  }
}

asio::awaitable<void> AdminSocket::Serve(std::shared_ptr<Session> session) {
  for (;;) {
    session->Arm(session, session->cli.idle_timeout());
    co_await RunCommands(session);
    session->Arm(session, session->cli.idle_timeout());  // they may have changed it
    const bool sent = co_await Send(*session);
    if (!sent || session->cli.done()) break;
    boost::system::error_code ignored;
    if (session->cli.idle() && session->socket.available(ignored) == 0) {
      // Whoever has sent this much may only be slower than we are.
      if (session->received <= session->buffer.size()) break;
      session->Arm(session, kLinger);
    }
    const auto buffer = asio::buffer(session->buffer);
    const auto [error, size] = co_await session->socket.async_read_some(buffer, kAwait);
    if (error) break;
    session->received += size;
    session->cli.Receive({session->buffer.data(), size});
  }
  session->Arm(session, kLinger);
  co_await Linger(*session);
  session->Close();
  --sessions_;
}

asio::awaitable<void> AdminSocket::RunCommands(std::shared_ptr<Session> session) {
  size_t gathered = 0;
  for (;;) {
    const std::optional<CliWords> words = session->cli.Next(uptime());
    if (!words || !session->socket.is_open()) break;
    CliReply reply = co_await Reply(*words, *session);
    if (reply.wait) reply = co_await Wait(*reply.wait, session);
    gathered += reply.text.size();
    session->cli.Answer(reply, uptime());
    if (gathered < kSendEvery) continue;
    gathered = 0;
    const bool sent = co_await Send(*session);
    if (!sent) break;
  }
}

// The session is not idle meanwhile, and what it has been answered already is not held back.
asio::awaitable<CliReply> AdminSocket::Wait(DrainWish wish, std::shared_ptr<Session> session) {
  session->Arm(session, wish.longest + kMaxOverrun);
  co_await Send(*session);
  const auto present = [session] {
    return session->socket.is_open() && !IsHungUp(session->socket.native_handle());
  };
  DrainWaits::Waiter waiter{.timer = session->wait, .present = present};
  const DrainOutcome outcome = co_await waits_.Wait(wish, std::move(waiter));
  if (outcome.end == DrainEnd::kLeft) session->Close();
  session->Arm(session, session->cli.idle_timeout());
  const CliReply reply = DrainReply(wish, outcome);
  co_return reply;
}

asio::awaitable<CliReply> AdminSocket::Reply(const CliWords& words, Session& session) {
  CliReply reply{.text = "Too many answers are waiting to be read; try again later.\n",
                 .severity = CliReply::kError};
  if (unsent_ > kMaxUnsent) co_return reply;
  AdminViewPtr view;
  if (NeedsView(words)) {
    view = co_await AwaitView(collector_, session.wait);
    reply.text = "The workers did not answer in time; try again later.\n";
    if (!view) co_return reply;
  }
  const CliContext context{.level = session.cli.level(),
                           .sources = collector_.sources(),
                           .view = view.get(),
                           .now = Clock::now(),
                           .clear_counters = [this](bool all) { collector_.ClearCounters(all); }};
  if (AnswersLater(words)) {
    reply = co_await LaterReply(words, context, session.wait);
    co_return reply;
  }
  reply = RunCommand(words, context);
  co_return reply;
}

asio::awaitable<CliReply> AdminSocket::LaterReply(const CliWords& words, const CliContext& context,
                                                  std::shared_ptr<asio::steady_timer> wait) {
  const auto arrived = std::make_shared<std::optional<CliReply>>();
  wait->expires_after(kLongestAnswer);
  StartCommand(words, context, [arrived, wait](CliReply reply) {
    *arrived = std::move(reply);
    wait->cancel();
  });
  if (!arrived->has_value()) co_await wait->async_wait(kAwait);
  CliReply reply = Error("The workers did not answer in time; try again later.\n");
  if (arrived->has_value()) reply = std::move(**arrived);
  co_return reply;
}

asio::awaitable<bool> AdminSocket::Send(Session& session) {
  const std::string bytes = session.cli.TakeOutput();
  if (bytes.empty()) co_return session.socket.is_open();
  unsent_ += bytes.size();
  const auto buffer = asio::buffer(bytes);
  const auto [error, size] = co_await asio::async_write(session.socket, buffer, kAwait);
  unsent_ -= bytes.size();
  co_return !error;
}

// Closing a socket with unread input resets it, and the client would lose the end of its answer.
asio::awaitable<void> AdminSocket::Linger(Session& session) {
  if (!session.socket.is_open()) co_return;
  boost::system::error_code ended;
  session.socket.shutdown(Protocol::socket::shutdown_send, ended);
  while (!ended) {
    const auto buffer = asio::buffer(session.buffer);
    const auto [error, size] = co_await session.socket.async_read_some(buffer, kAwait);
    ended = error;
  }
}

std::chrono::seconds AdminSocket::uptime() const {
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() -
                                                          collector_.sources().start);
}

}  // namespace room_router::admin
