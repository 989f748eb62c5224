// SPDX-License-Identifier: Apache-2.0
// One stream to another replica: TCP, TLS if asked for, frames both ways.
//
// Two coroutines, both to be spawned: Read connects (when there is somebody to dial), shakes hands
// and hands out frames; Write sends what is queued. An end is either an Abort, at once, or in
// order: what is queued is still written, the stream shut down, and the other side's end awaited,
// all for at most `linger`. Events come from within the coroutines only, `ended` once and last. The
// owner keeps what the events refer to until both have returned. One io_context thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "discovery/alarm.h"
#include "sticky/gossip_tls_session.h"
#include "sticky/length_frames.h"
#include "sticky/link_end.h"

namespace room_router {

class TransportLink {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  struct Limits {
    size_t frame = 272 << 10;  // bytes; a little more than senders make them
    size_t queue = 8 << 20;    // bytes waiting to be sent
    Duration hello{5'000};     // for connecting, the handshake and the first frame together
    Duration progress{10'000};
    Duration linger{2'000};
  };
  struct Events {
    std::function<void()> up;
    std::function<void(std::string_view)> frame;  // borrowed for the call
    std::function<void(size_t)> drained;          // what is still queued
    std::function<void(LinkEnd)> ended;
  };

  TransportLink(boost::asio::io_context& io, Socket socket, const Limits& limits, Events events);

  // Before Read: TLS, as the side given.
  void Protect(std::shared_ptr<const GossipTls> tls, GossipTlsSession::Side side);
  // `dial` is empty when the socket is connected.
  static boost::asio::awaitable<void> Read(std::shared_ptr<TransportLink> link, SocketAddress dial);
  static boost::asio::awaitable<void> Write(std::shared_ptr<TransportLink> link);

  void Send(std::string frame);  // aborts when the queue is full; nothing unless up
  void Finish();                 // in order
  void Abort(LinkEnd why);
  bool is_up() const { return phase_ == Phase::kUp; }
  size_t queued() const { return queue_.bytes() + cipher_.size() - cipher_sent_; }
  SocketAddress local() const;

 private:
  enum class Phase : uint8_t { kOpening, kUp, kClosing };

  boost::asio::awaitable<void> Connect(SocketAddress dial);
  boost::asio::awaitable<void> ReadSome();
  boost::asio::awaitable<void> WriteSome();
  void Begin();  // on a connected socket
  void Receive(std::string_view bytes);
  void ReceiveFrames(std::string_view bytes);
  void WatchProgress(size_t bytes, bool some_frames);
  void ReceiveEnd(bool in_order);
  void Up();
  void Close(LinkEnd why);  // the orderly end
  bool Gather();            // what comes next into buffers_
  void GatherPlain();
  void GatherCipher();
  void SetDeadline(std::optional<TimePoint>& which, Duration timeout);
  void CheckDeadlines();

  const Limits limits_;
  const Events events_;
  Socket socket_;
  Phase phase_ = Phase::kOpening;
  std::optional<LinkEnd> end_;
  bool connected_ = false, said_goodbye_ = false, over_ = false;

  std::unique_ptr<GossipTlsSession> tls_;
  FrameReader frames_;
  std::vector<char> input_;
  std::string plain_;
  size_t since_progress_ = 0;  // bytes of a frame under way

  FrameQueue queue_;
  std::string cipher_;  // of frames no longer in queue_
  size_t cipher_sent_ = 0;
  std::vector<boost::asio::const_buffer> buffers_;
  boost::asio::steady_timer wake_;  // cancelled when Write has something to do

  std::optional<TimePoint> hello_by_, read_by_, write_by_, end_by_, alarm_at_;
  Alarm alarm_;
};

}  // namespace room_router
