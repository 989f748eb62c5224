// SPDX-License-Identifier: Apache-2.0
// Asks for the configured service names again and again (refresh_schedule.h says when).
//
// One question per name at a time; every answer, failures too, goes to `on_answer`. One io_context
// thread; nothing is called after destruction or Stop().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "config/config.h"
#include "discovery/alarm.h"
#include "discovery/refresh_schedule.h"
#include "discovery/resolver.h"

namespace room_router {

class ServiceWatch {
 public:
  using OnAnswer = std::function<void(const std::string& service, const ServiceAnswer& answer)>;

  ServiceWatch(boost::asio::io_context& io, OnAnswer on_answer, uint32_t seed);

  // Names that are new are asked for at once, those no longer there are let go.
  void Configure(const config::ShardDiscovery& settings, std::shared_ptr<Resolver> resolver);
  // Everything, as soon as refresh.min since the last question allows.
  void AskSoon();
  void Stop() { services_.clear(); }

 private:
  struct Service {
    Service(boost::asio::io_context& io, std::function<void()> ask) : alarm(io, std::move(ask)) {}
    Alarm alarm;
    RefreshSchedule schedule;
    TimePoint asked_at;
    bool asking = false;
  };

  void Ask(const std::string& name);
  void Receive(const std::string& name, Service& service, const ServiceAnswer& answer);

  boost::asio::io_context& io_;
  OnAnswer on_answer_;
  std::minstd_rand random_;
  config::ShardDiscovery settings_;
  std::shared_ptr<Resolver> resolver_;
  std::map<std::string, std::shared_ptr<Service>>
      services_;  // late answers look whether it is left
};

}  // namespace room_router
