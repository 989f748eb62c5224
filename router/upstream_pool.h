// SPDX-License-Identifier: Apache-2.0
// Connections to endpoints: opened without blocking, kept between exchanges.
//
// Connecting is TCP, then what goes before everything else (a PROXY header), then TLS if it is
// wanted: until all of it is done nothing of a request is sent.
// Idle connections stay registered with the event loop, so that an endpoint closing one removes it
// from the pool by its own event. Newest first (LIFO) per endpoint, bounded, with an idle timeout.
// One pool per worker, that worker's thread only. A connection in use belongs to its exchange or
// tunnel, which hears its events as the connection's user.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "discovery/shard_set.h"
#include "router/engine/channel.h"
#include "router/engine/event_loop.h"
#include "router/engine/timeouts.h"

namespace room_router {

class UpstreamPool;

class UpstreamConnection final : public EventHandler, public Timed {
 public:
  UpstreamConnection(UpstreamPool& pool, EndpointId endpoint, std::unique_ptr<Transport> transport,
                     std::string preface);

  void OnEvents(uint32_t events) override;
  void OnTimeout(TimeoutClass timeout) override;  // idle for too long

  EndpointId endpoint() const { return endpoint_; }
  bool connecting() const { return connecting_; }
  int connect_error() const { return connect_error_; }  // errno of the finished connect, or 0
  const char* tls_problem() const { return channel.problem(); }  // null: it was not TLS
  bool reused() const { return reused_; }
  void set_user(EventHandler* user) { user_ = user; }

  Channel channel;

 private:
  friend class UpstreamPool;
  void GoOnConnecting();
  int Arrive() const;
  bool StaysSilent();

  EventHandler* user_ = nullptr;  // null = idle in the pool
  EndpointId endpoint_;
  bool connecting_ = true, arrived_ = false;
  bool reused_ = false;
  const bool personal_;  // said for whom it was opened
  int connect_error_ = 0;
  const uint32_t generation_;
  std::unique_ptr<std::string> preface_;  // what of it is still to be sent; null = nothing
  UpstreamPool& pool_;
};

class UpstreamPool {
 public:
  static constexpr size_t kIdlePerEndpoint = 256;

  using MakeTransport = std::function<std::unique_ptr<Transport>(int descriptor, const Endpoint&)>;

  UpstreamPool(EventLoop& loop, TimeoutQueue& timeouts) : loop_(loop), timeouts_(timeouts) {}

  // What connections talk through from now on, at first a plain transport. Those that talk
  // otherwise are used to their end, but not again.
  void Use(MakeTransport make_transport);

  // The newest idle connection of this endpoint, or null.
  std::unique_ptr<UpstreamConnection> Take(EndpointId endpoint);
  // Starts connecting; null when the system refuses a socket at once. A preface goes before
  // everything else and says for whom the connection is: it is never kept for others.
  std::unique_ptr<UpstreamConnection> Connect(const Endpoint& endpoint, std::string preface = "");
  // Keeps a connection whose exchange ended cleanly, or closes it when there is no room or it leads
  // to a bridge.
  void Keep(std::unique_ptr<UpstreamConnection> connection);
  // Closes a connection that its user is done with.
  void Discard(std::unique_ptr<UpstreamConnection> connection);
  // Closes the idle connections of endpoints that are not in the snapshot any more.
  void Retain(const ShardSet& shards);
  void CloseAll();

  size_t idle(EndpointId endpoint) const {
    return endpoint < idle_.size() ? idle_[endpoint].size() : 0;
  }

 private:
  friend class UpstreamConnection;
  void DropIdle(UpstreamConnection& connection);

  EventLoop& loop_;
  TimeoutQueue& timeouts_;
  MakeTransport make_transport_ = [](int descriptor, const Endpoint&) {
    return std::make_unique<PlainTransport>(descriptor);
  };
  uint32_t generation_ = 0;                                             // of make_transport_
  std::vector<std::vector<std::unique_ptr<UpstreamConnection>>> idle_;  // index = EndpointId
};

}  // namespace room_router
