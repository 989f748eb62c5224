// SPDX-License-Identifier: Apache-2.0
// One round of checks of one endpoint: every configured check in order, until one fails hard.
//
// A check connects, for HTTP also sends its GET and reads the status line (1 KiB at most), and has
// `timeout` for all of it. The worst check decides; of equals the last one is reported. A host name
// in a check is resolved each time, its first address is used. An agent is asked in any case; that
// it does not answer is no failure. Never throws; Close() ends it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "discovery/catalog.h"
#include "discovery/check_target.h"
#include "discovery/probe_result.h"
#include "discovery/resolver.h"

namespace room_router {

class Probe {
 public:
  Probe(boost::asio::io_context& io, std::shared_ptr<Resolver> resolver, CheckSubject subject);

  // Calls `done` unless closed before.
  static boost::asio::awaitable<void> Run(std::shared_ptr<Probe> probe,
                                          std::shared_ptr<const config::Health> health,
                                          std::function<void(ProbeResult)> done);
  void Close();

 private:
  struct Verdict {
    Health health = Health::kBad;
    std::string status;
  };

  boost::asio::awaitable<Verdict> Check(const config::HealthCheck& check);
  boost::asio::awaitable<void> Ask(const config::HealthCheck& agent, AgentReply& reply);
  // Returns "" when connected, else HAProxy's word for what went wrong.
  boost::asio::awaitable<std::string> Connect(const config::HealthCheck& check,
                                              CheckTarget& target);
  boost::asio::awaitable<void> Resolve(CheckTarget& target);
  boost::asio::awaitable<Verdict> Talk(const config::HealthCheck& check, const CheckTarget& target);
  void StartDeadline(const std::shared_ptr<Probe>& self, Duration timeout);

  std::shared_ptr<Resolver> resolver_;  // outlives a change of resolvers while it is asked
  CheckSubject subject_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer resolved_;  // cancelled when the name is, or the time is up
  uint64_t round_ = 0;                  // deadlines of earlier checks don't count
  bool timed_out_ = false, closed_ = false;
};

}  // namespace room_router
