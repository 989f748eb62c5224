// SPDX-License-Identifier: Apache-2.0
// This replica as a member of an HAProxy `peers` section: sockets and timers around the pure parts.
//
// Listens and calls, as HAProxy does; one connection per peer carries both directions. Of two the
// later one stays, but a call of HAProxy's only once it speaks or the other one is gone: it says
// hello, and nothing more, on calls it has given up. A lost peer is called again after 50 … 2050
// ms, one that cannot be reached after 5 s, one that refuses us after 30 s (HAProxy itself never
// again). Open when the shards are known: what HAProxy says of unknown servers is not learned,
// though it is asked again when they appear (ShardsChanged). No TLS, no authentication: the
// protocol has none. Everything happens on the thread that runs `io`. Stop() and its `drained`
// before destruction.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "discovery/alarm.h"
#include "discovery/task_set.h"
#include "sticky/haproxy_peers.h"
#include "sticky/haproxy_peers_link.h"

namespace room_router {

class HaproxyPeers {
 public:
  static constexpr size_t kMostStrangers = 16;  // connections without a hello yet; more are closed

  struct Settings {
    SocketAddress listen;                                      // empty: only call
    std::string local_name;                                    // of this replica in the section
    std::vector<std::pair<std::string, SocketAddress>> peers;  // our own name among them is ignored
    std::string table;
    Duration expire{0};                                // of the table
    std::optional<haproxy::ServerKeyForm> server_key;  // as TableExchange's
  };
  static Settings SettingsFrom(const config::Config& config);

  struct View {  // for `show peers`
    std::string name;
    SocketAddress address;
    haproxy::Status status = haproxy::Status::kNone;  // of the last handshake
    bool connected = false, called_us = false;
    TimePoint last_handshake;  // min() = never
    uint64_t connects = 0, collisions = 0, protocol_errors = 0, silences = 0;
    uint64_t key_length = 0;  // of its table
    haproxy::PeerCounters counters;
    std::string mismatch;  // why its table cannot be shared; empty = it can, or is not known yet
  };
  struct Stats {
    uint64_t refused_hellos = 0;   // to strangers, wrong names, other Room Routers
    uint64_t turned_away = 0;      // over kMostStrangers
    uint64_t accept_failures = 0;  // out of descriptors, for example
  };

  HaproxyPeers(boost::asio::io_context& io, Settings settings, StickTable& table,
               haproxy::TableExchange::Sources sources);
  ~HaproxyPeers();

  // Takes the port, so that Open() needs no rights for it; nobody can call yet. A port that is not
  // to be had is Open()'s to tell.
  void Bind();
  // Listens and begins to call; the text says what is wrong, empty = nothing.
  std::string Open();
  void Stop(std::function<void()> drained);

  // Changes made here, from StickTable::TakeChanges.
  void Teach(std::span<const CellRecord> records, TimePoint now);
  // A snapshot was published: `sources.shards` gives it from now on.
  void ShardsChanged();

  std::vector<View> Peers() const;
  const Stats& stats() const { return stats_; }
  SocketAddress listening() const;  // really bound; empty when not

 private:
  using Link = haproxy::Link;
  struct Peer;

  boost::system::error_code BindAcceptor();
  boost::asio::awaitable<void> Accept();
  std::shared_ptr<Link> MakeLink(boost::asio::ip::tcp::socket socket, Peer* peer);
  void Call(Peer& peer);
  void CallDue();
  void TakeEvents(Link& link, Peer*& peer);
  Peer& Establish(Link& link, Peer* peer);
  void Use(Link& link, Peer& peer);
  void EndStranger(const Link& link);
  void End(const Link& link, Peer& peer);
  void EndCall(const Link& link, Peer& peer);
  void Fill();

  boost::asio::io_context& io_;
  const Settings settings_;
  std::function<void(haproxy::Event)> log_;
  std::vector<Peer> peers_;
  haproxy::TableExchange exchange_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;  // of accepting
  Alarm alarm_;                      // when to call next
  std::minstd_rand random_;
  size_t strangers_ = 0;
  TimePoint refusal_logged_ = TimePoint::min();
  bool stopped_ = false;
  Stats stats_;
  TaskSet tasks_;
};

}  // namespace room_router
