// SPDX-License-Identifier: Apache-2.0
// A transport on loopback that writes down what happens, and checks the order of its events.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <string>
#include <vector>

#include "sticky/gossip_transport.h"
#include "tests/discovery/loop.h"

namespace room_router::test {

class TransportReplica {
 public:
  struct Link {
    std::optional<SocketAddress> dialled;
    SocketAddress local;
    std::vector<std::string> frames;
    std::vector<size_t> drained;
    bool down = false;
  };

  TransportReplica(boost::asio::io_context& io, GossipTransport::Settings settings,
                   std::shared_ptr<const GossipTls> tls)
      : io_(io), transport_(io, OnLoopback(settings), std::move(tls), Record()) {
    EXPECT_EQ(transport_.Open(), "");
  }
  ~TransportReplica() { Stop(); }

  // Calls a function of the transport; no event may come from within.
  void Call(const auto& function) {
    calling_ = true;
    function(transport_);
    calling_ = false;
  }
  void Dial(const SocketAddress& address) {
    Call([&](auto& transport) { transport.Dial(address); });
  }
  void Send(LinkId link, const std::string& frame) {
    Call([&](auto& transport) { transport.Send(link, frame); });
  }
  void Close(LinkId link) {
    Call([&](auto& transport) { transport.Close(link); });
  }
  void BeginStop() {
    if (stopping_) return;
    stopping_ = true;
    Call([&](auto& transport) { transport.Stop([this] { stopped_ = true; }); });
  }
  void Stop() {
    BeginStop();
    EXPECT_TRUE(RunUntil(io_, [&] { return stopped_; }));
    EXPECT_EQ(transport_.links(), 0U);
  }

  // The link that came up first of those still up.
  LinkId link() const {
    for (const auto& [id, link] : links_) {
      if (!link.down) return id;
    }
    return 0;
  }
  Link& operator[](LinkId id) { return links_.at(id); }
  size_t up() const {
    size_t count = 0;
    for (const auto& [id, link] : links_) count += !link.down;
    return count;
  }
  uint64_t ended(LinkEnd why) const { return stats().ended[static_cast<size_t>(why)]; }
  const GossipTransport::Stats& stats() const { return transport_.stats(); }
  SocketAddress address() const { return transport_.address(); }
  GossipTransport& transport() { return transport_; }
  std::map<LinkId, Link> links_;
  std::vector<SocketAddress> dials_failed_;
  std::function<void(LinkId, std::string_view)> on_frame_ = [](LinkId, std::string_view) {};

 private:
  static GossipTransport::Settings OnLoopback(GossipTransport::Settings settings) {
    settings.listen = *SocketAddress::Parse("127.0.0.1:0");
    return settings;
  }
  // The link an event is about, if the event may come now.
  Link& Expected(LinkId id) {
    EXPECT_FALSE(calling_) << "an event from within a call";
    EXPECT_FALSE(stopping_) << "an event after Stop";
    EXPECT_TRUE(links_.contains(id)) << "an event of a link that is not up";
    EXPECT_FALSE(links_[id].down) << "an event of a link that is down";
    return links_[id];
  }
  GossipTransport::Events Record() {
    return {.up =
                [this](LinkId id, std::optional<SocketAddress> dialled, SocketAddress local) {
                  EXPECT_FALSE(links_.contains(id));
                  links_[id].dialled = dialled;
                  Expected(id).local = local;
                },
            .down = [this](LinkId id) { Expected(id).down = true; },
            .frame =
                [this](LinkId id, std::string_view frame) {
                  Expected(id).frames.emplace_back(frame);
                  on_frame_(id, frame);
                },
            .dial_failed =
                [this](SocketAddress address) {
                  EXPECT_FALSE(calling_ || stopping_);
                  dials_failed_.push_back(address);
                },
            .drained = [this](LinkId id, size_t left) { Expected(id).drained.push_back(left); }};
  }

  boost::asio::io_context& io_;
  bool calling_ = false, stopping_ = false, stopped_ = false;
  GossipTransport transport_;
};

}  // namespace room_router::test
