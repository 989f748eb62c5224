// SPDX-License-Identifier: Apache-2.0
#include "discovery/health_checker.h"

#include <utility>

#include "discovery/probe.h"

namespace room_router {

HealthChecker::HealthChecker(boost::asio::io_context& io, std::function<void(ProbeResult)> report,
                             uint32_t seed)
    : io_(io),
      report_(std::move(report)),
      schedule_(kMaxAtOnce, seed),
      alarm_(io, [this] { StartDue(); }),
      tasks_(io) {}

void HealthChecker::Configure(const config::Health& health, std::shared_ptr<Resolver> resolver) {
  health_ = std::make_shared<const config::Health>(health);
  resolver_ = std::move(resolver);
  schedule_.SetInterval(health.interval);
}

void HealthChecker::Follow(const std::vector<CheckSubject>& subjects) {
  subjects_.clear();
  std::vector<EndpointId> endpoints;
  for (const CheckSubject& subject : subjects) {
    subjects_.emplace(subject.endpoint, subject);
    endpoints.push_back(subject.endpoint);
  }
  schedule_.Follow(endpoints, Clock::now());
  alarm_.Set(schedule_.NextDeadline());
}

void HealthChecker::CheckWithin(EndpointId endpoint, Duration delay) {
  schedule_.Hasten(endpoint, Clock::now() + delay);
  if (!closed_) alarm_.Set(schedule_.NextDeadline());
}

void HealthChecker::Close(std::function<void()> drained) {
  closed_ = true;
  alarm_.Cancel();
  tasks_.CloseAll(std::move(drained));
}

void HealthChecker::StartDue() {
  const TimePoint now = Clock::now();
  while (const auto endpoint = schedule_.Start(now)) {
    auto probe = std::make_shared<Probe>(io_, resolver_, subjects_.at(*endpoint));
    tasks_.Spawn(Probe::Run(probe, health_, [this](ProbeResult result) { Report(result); }),
                 [probe] { probe->Close(); });
  }
  alarm_.Set(schedule_.NextDeadline());
}

void HealthChecker::Report(ProbeResult result) {
  if (closed_) return;
  schedule_.Finish(result.endpoint);
  if (schedule_.Follows(result.endpoint)) report_(std::move(result));
  alarm_.Set(schedule_.NextDeadline());
}

}  // namespace room_router
