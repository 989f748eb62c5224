// SPDX-License-Identifier: Apache-2.0
// One round of checks of one endpoint: every configured check in order, until one fails hard.
//
// A check connects, shakes hands where TLS is spoken, for HTTP also sends its GET and reads the
// status line (1 KiB at most), and has `timeout` for all of it. The worst check decides; of equals
// the last one is reported. A host name in a check is resolved each time, its first address is
// used. An agent is asked in any case; that it does not answer is no failure. Never throws; Close()
// ends it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "discovery/catalog.h"
#include "discovery/check_connection.h"
#include "discovery/check_target.h"
#include "discovery/probe_result.h"
#include "discovery/resolver.h"

namespace room_router {

// How checks are made; those of `health` in order.
struct CheckRules {
  config::Health health;
  bool with_tls = false;                 // shards speak it
  bool announced = false;                // they want a PROXY header first
  std::shared_ptr<const ClientTls> tls;  // null: nobody speaks it
};

class Probe {
 public:
  Probe(boost::asio::io_context& io, std::shared_ptr<Resolver> resolver, CheckSubject subject);

  // Calls `done` unless closed before.
  static boost::asio::awaitable<void> Run(std::shared_ptr<Probe> probe,
                                          std::shared_ptr<const CheckRules> rules,
                                          std::function<void(ProbeResult)> done);
  void Close();

 private:
  struct Verdict {
    Health health = Health::kBad;
    std::string status, why;
  };

  boost::asio::awaitable<Verdict> Check(const config::HealthCheck& check);
  // Returns the status, as HAProxy says it.
  boost::asio::awaitable<std::string> Ask(const config::HealthCheck& agent, AgentReply& reply);
  // Return "" when connected, else HAProxy's word for what went wrong.
  boost::asio::awaitable<std::string> Connect(const config::HealthCheck& check,
                                              CheckTarget& target);
  boost::asio::awaitable<std::string> Secure(const CheckTarget& target);
  boost::asio::awaitable<void> Resolve(CheckTarget& target);
  boost::asio::awaitable<Verdict> Talk(const config::HealthCheck& check, const CheckTarget& target);
  void StartDeadline(const std::shared_ptr<Probe>& self, Duration timeout);

  std::shared_ptr<Resolver> resolver_;  // outlives a change of resolvers while it is asked
  CheckSubject subject_;
  std::shared_ptr<const CheckRules> rules_;
  CheckConnection connection_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer resolved_;  // cancelled when the name is, or the time is up
  uint64_t round_ = 0;                  // deadlines of earlier checks don't count
  bool timed_out_ = false, closed_ = false;
};

}  // namespace room_router
