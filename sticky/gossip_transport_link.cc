// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_transport_link.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace room_router {
namespace {

namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kInputBytes = 16 << 10;
constexpr size_t kPieces = 32;             // of one write
constexpr size_t kCipherBytes = 64 << 10;  // encrypted at a time
// Less than this is no progress of a frame: one byte now and then holds no link open.
constexpr size_t kProgressBytes = 4 << 10;

// A host that is gone without a word is noticed after a minute.
void SetOptions(TransportLink::Socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int idle = 30, interval = 10, count = 3;
  const int descriptor = socket.native_handle();
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

LinkEnd EndOf(TlsFailure failure) {
  constexpr auto kFirst =
      static_cast<int>(LinkEnd::kNotTls) - static_cast<int>(TlsFailure::kNotTls);
  return static_cast<LinkEnd>(static_cast<int>(failure) + kFirst);
}
static_assert(static_cast<int>(LinkEnd::kTlsBroken) - static_cast<int>(LinkEnd::kNotTls) ==
              static_cast<int>(TlsFailure::kBroken) - static_cast<int>(TlsFailure::kNotTls));

}  // namespace

TransportLink::TransportLink(asio::io_context& io, Socket socket, const Limits& limits,
                             Events events)
    : limits_(limits),
      events_(std::move(events)),
      socket_(std::move(socket)),
      frames_(limits.frame),
      wake_(io, Clock::time_point::max()),
      alarm_(io, [this] { CheckDeadlines(); }) {}

void TransportLink::Protect(std::shared_ptr<const GossipTls> tls, GossipTlsSession::Side side) {
  tls_ = std::make_unique<GossipTlsSession>(std::move(tls), side);
}

asio::awaitable<void> TransportLink::Read(std::shared_ptr<TransportLink> link, SocketAddress dial) {
  link->SetDeadline(link->hello_by_, link->limits_.hello);
  if (!link->end_ && !dial.empty()) co_await link->Connect(dial);
  if (!link->end_) link->Begin();
  while (!link->over_) co_await link->ReadSome();
  link->events_.ended(*link->end_);
}

asio::awaitable<void> TransportLink::Write(std::shared_ptr<TransportLink> link) {
  while (!link->over_) {
    const bool more = link->Gather();
    if (more) {
      co_await link->WriteSome();
    } else {
      co_await link->wake_.async_wait(kAwait);
    }
  }
}

asio::awaitable<void> TransportLink::Connect(SocketAddress dial) {
  const asio::generic::stream_protocol::endpoint endpoint(dial.data(), dial.size());
  const auto [error] = co_await socket_.async_connect(endpoint, kAwait);
  if (error) Abort(LinkEnd::kUnreachable);
}

void TransportLink::Begin() {
  SetOptions(socket_);
  input_.resize(kInputBytes);
  connected_ = true;
  if (!tls_) Up();
  wake_.cancel();
}

void TransportLink::Up() {
  phase_ = Phase::kUp;
  events_.up();
}

asio::awaitable<void> TransportLink::ReadSome() {
  const auto buffer = asio::buffer(input_);
  const auto [error, size] = co_await socket_.async_read_some(buffer, kAwait);
  if (error) {
    ReceiveEnd(error == asio::error::eof);
  } else if (phase_ != Phase::kClosing) {
    Receive({input_.data(), size});
  }
}

void TransportLink::ReceiveEnd(bool in_order) {
  const bool midway = phase_ == Phase::kOpening || tls_ || frames_.partial();
  Abort(in_order && !midway ? LinkEnd::kClosedThere : LinkEnd::kLost);
}

void TransportLink::Receive(std::string_view bytes) {
  if (!tls_) return ReceiveFrames(bytes);
  plain_.clear();
  const TlsFailure failure = tls_->Receive(bytes, plain_);
  wake_.cancel();  // there may be an answer
  if (tls_->established() && phase_ == Phase::kOpening) Up();
  ReceiveFrames(plain_);
  if (failure != TlsFailure::kNone) {
    queue_.Clear();
    Close(EndOf(failure));
  } else if (tls_->ended()) {
    Abort(LinkEnd::kClosedThere);
  }
}

void TransportLink::ReceiveFrames(std::string_view bytes) {
  if (phase_ != Phase::kUp || bytes.empty()) return;
  frames_.Receive(bytes);
  bool some = false;
  while (phase_ == Phase::kUp) {
    const auto frame = frames_.Next();
    if (!frame) break;
    some = true;
    hello_by_.reset();
    events_.frame(*frame);
  }
  if (phase_ != Phase::kUp) return;
  if (frames_.broken()) return Abort(LinkEnd::kBadFrame);
  WatchProgress(bytes.size(), some);
}

void TransportLink::WatchProgress(size_t bytes, bool some_frames) {
  since_progress_ += bytes;
  if (!frames_.partial()) {
    read_by_.reset();
  } else if (some_frames || !read_by_ || since_progress_ >= kProgressBytes) {
    since_progress_ = 0;
    SetDeadline(read_by_, limits_.progress);
  }
}

void TransportLink::Send(std::string frame) {
  if (phase_ != Phase::kUp) return;
  if (queued() + frame.size() > limits_.queue) return Abort(LinkEnd::kQueueFull);
  queue_.Push(std::move(frame));
  wake_.cancel();
}

bool TransportLink::Gather() {
  buffers_.clear();
  if (!connected_) return false;
  tls_ ? GatherCipher() : GatherPlain();
  if (!buffers_.empty() || phase_ != Phase::kClosing) return !buffers_.empty();
  if (tls_ && !std::exchange(said_goodbye_, true)) {
    tls_->End();
    GatherCipher();
    if (!buffers_.empty()) return true;
  }
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  return false;
}

void TransportLink::GatherPlain() {
  std::array<std::string_view, kPieces> pieces;
  const size_t count = queue_.Peek(pieces);
  for (size_t i = 0; i < count; ++i) buffers_.emplace_back(pieces[i].data(), pieces[i].size());
}

void TransportLink::GatherCipher() {
  cipher_.erase(0, std::exchange(cipher_sent_, 0));
  cipher_ += tls_->TakeOutgoing();
  if (cipher_.empty() && queue_.bytes() > 0) {
    std::string plain;
    std::array<std::string_view, 1> piece;
    while (plain.size() < kCipherBytes && queue_.Peek(piece) > 0) {
      plain += piece[0];
      queue_.Consume(piece[0].size());
    }
    tls_->Send(plain);
    cipher_ = tls_->TakeOutgoing();
  }
  if (!cipher_.empty()) buffers_.emplace_back(cipher_.data(), cipher_.size());
}

asio::awaitable<void> TransportLink::WriteSome() {
  SetDeadline(write_by_, limits_.progress);
  const auto [error, size] = co_await socket_.async_write_some(buffers_, kAwait);
  write_by_.reset();
  if (error) {
    Abort(LinkEnd::kLost);
  } else {
    tls_ ? static_cast<void>(cipher_sent_ += size) : queue_.Consume(size);
    if (phase_ == Phase::kUp) events_.drained(queued());
  }
}

void TransportLink::Finish() {
  if (phase_ == Phase::kOpening) return Abort(LinkEnd::kClosedHere);
  Close(LinkEnd::kClosedHere);
}

void TransportLink::Close(LinkEnd why) {
  if (phase_ == Phase::kClosing) return;
  phase_ = Phase::kClosing;
  end_ = why;
  hello_by_.reset();
  read_by_.reset();
  SetDeadline(end_by_, limits_.linger);
  wake_.cancel();
}

void TransportLink::Abort(LinkEnd why) {
  if (!end_) end_ = why;
  phase_ = Phase::kClosing;
  over_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  wake_.cancel();
  alarm_.Cancel();
}

SocketAddress TransportLink::local() const {
  boost::system::error_code ignored;
  const auto endpoint = socket_.local_endpoint(ignored);
  return SocketAddress::FromSystem(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

// The alarm may ring too early, never too late: deadlines move with every piece read or written.
void TransportLink::SetDeadline(std::optional<TimePoint>& which, Duration timeout) {
  which = Clock::now() + timeout;
  if (over_ || (alarm_at_ && *alarm_at_ <= *which)) return;
  alarm_at_ = which;
  alarm_.Set(which);
}

void TransportLink::CheckDeadlines() {
  const TimePoint now = Clock::now();
  const auto passed = [now](const auto& deadline) { return deadline && *deadline <= now; };
  alarm_at_.reset();
  if (passed(end_by_)) return Abort(*end_);
  if (passed(hello_by_)) return Abort(LinkEnd::kSlow);
  if (passed(read_by_) || passed(write_by_)) return Abort(LinkEnd::kStalled);
  for (const auto& deadline : {hello_by_, read_by_, write_by_, end_by_}) {
    if (deadline && (!alarm_at_ || *deadline < *alarm_at_)) alarm_at_ = deadline;
  }
  alarm_.Set(alarm_at_);
}

}  // namespace room_router
