// SPDX-License-Identifier: Apache-2.0
// Checks endpoints again and again and reports each result as a value.
//
// The I/O shell around check_schedule: one alarm, and one coroutine (probe.h) per check that is
// running, kMaxAtOnce at most. Results of endpoints no longer followed are dropped. One io_context
// thread; Close() and its `drained` before destruction.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "config/config.h"
#include "discovery/alarm.h"
#include "discovery/catalog.h"
#include "discovery/check_schedule.h"
#include "discovery/probe_result.h"
#include "discovery/resolver.h"
#include "discovery/task_set.h"

namespace room_router {

struct CheckRules;

class HealthChecker {
 public:
  static constexpr size_t kMaxAtOnce = 256;

  HealthChecker(boost::asio::io_context& io, std::function<void(ProbeResult)> report,
                uint32_t seed);

  void Configure(const config::Shards& shards, std::shared_ptr<Resolver> resolver);
  void Follow(const std::vector<CheckSubject>& subjects);
  void CheckWithin(EndpointId endpoint, Duration delay);
  void Close(std::function<void()> drained);
  size_t running() const { return schedule_.running(); }

 private:
  void StartDue();
  void Report(ProbeResult result);

  boost::asio::io_context& io_;
  std::function<void(ProbeResult)> report_;
  CheckSchedule schedule_;
  std::shared_ptr<const CheckRules> rules_;
  std::shared_ptr<Resolver> resolver_;
  std::map<EndpointId, CheckSubject> subjects_;
  bool closed_ = false;
  Alarm alarm_;
  TaskSet tasks_;
};

}  // namespace room_router
