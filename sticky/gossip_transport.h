// SPDX-License-Identifier: Apache-2.0
// The streams to other replicas: listens, dials, and carries frames; sticky/gossip.h says which.
//
// Every link that is `up` is `down` once, after all its frames, also when Close() asked for it; a
// dial ends in `up` or `dial_failed`. Events come from the io_context, never from within a call,
// and no longer after Stop(). What others send wrongly, slowly or too much closes their link, is
// counted and has no other effect. One thread; Stop() and its `drained` before destruction.
#pragma once

#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/socket_address.h"
#include "discovery/task_set.h"
#include "sticky/gossip_transport_link.h"
#include "sticky/gossip_types.h"

namespace room_router {

class GossipTransport {
 public:
  struct Settings {
    SocketAddress listen;  // port 0 lets the system choose
    TransportLink::Limits link;
    size_t links = 512, links_per_ip = 64;  // open at once; the second counts those accepted
  };
  struct Events {
    // `dialled`: what Dial was asked for; nothing when the other side dialled.
    std::function<void(LinkId, std::optional<SocketAddress> dialled, SocketAddress local)> up;
    std::function<void(LinkId)> down;
    std::function<void(LinkId, std::string_view frame)> frame;  // borrowed for the call
    std::function<void(SocketAddress)> dial_failed;
    std::function<void(LinkId, size_t queued)> drained;  // some of the queue has been written
  };
  struct Stats {  // since the start; bytes and frames without their lengths
    uint64_t accepted = 0, dialled = 0, up = 0;
    uint64_t frames_in = 0, bytes_in = 0, frames_out = 0, bytes_out = 0;
    uint64_t frames_refused = 0;  // to be sent, but empty, too long, or of a link that is not up
    uint64_t accept_failed = 0;   // no descriptors left
    std::array<uint64_t, kLinkEnds> ended{};  // by LinkEnd, those that never were up too
  };

  // `tls` null: plain TCP, for those who asked for it.
  GossipTransport(boost::asio::io_context& io, const Settings& settings,
                  std::shared_ptr<const GossipTls> tls, Events events);
  ~GossipTransport();

  std::string Open();  // what went wrong; empty = listening
  SocketAddress address() const { return address_; }
  // For links from now on.
  void UseTls(std::shared_ptr<const GossipTls> tls) { tls_ = std::move(tls); }

  void Dial(const SocketAddress& address);
  void Send(LinkId link, std::string frame);  // past Limits::queue bytes the link is lost
  size_t queued(LinkId link) const;           // bytes the system has not taken yet
  void Close(LinkId link);                    // after what is queued, for at most Limits::linger
  // All of them, and listening. `drained` (may be empty) is called when nothing is left running.
  void Stop(std::function<void()> drained);

  size_t links() const { return links_.size(); }  // those still opening or closing included
  const Stats& stats() const { return stats_; }

 private:
  using Protocol = boost::asio::generic::stream_protocol;
  struct Entry {
    std::shared_ptr<TransportLink> link;
    std::optional<SocketAddress> dialled;
    std::string ip;  // of those accepted
    bool up = false;
  };

  boost::asio::awaitable<void> Accept();
  void Take(Protocol::socket socket);
  std::optional<LinkEnd> NoRoomFor(const std::string& ip) const;
  TransportLink& Start(Protocol::socket socket, Entry entry);
  TransportLink::Events EventsOf(LinkId id);
  void Ended(LinkId id, LinkEnd why);
  uint64_t& ended(LinkEnd why) { return stats_.ended[static_cast<size_t>(why)]; }

  boost::asio::io_context& io_;
  const Settings settings_;
  std::shared_ptr<const GossipTls> tls_;
  const Events events_;
  boost::asio::basic_socket_acceptor<Protocol> acceptor_;
  boost::asio::steady_timer pause_;  // of accepting, after an error
  SocketAddress address_;
  std::map<LinkId, Entry> links_;
  LinkId next_id_ = 1;
  Stats stats_;
  bool stopping_ = false;
  std::function<void()> drained_;
  TaskSet tasks_;
};

}  // namespace room_router
