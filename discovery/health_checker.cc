// SPDX-License-Identifier: Apache-2.0
#include "discovery/health_checker.h"

#include <algorithm>
#include <utility>

#include "discovery/probe.h"

namespace room_router {
namespace {

bool SpeaksTls(const config::Shards& shards) {
  const auto& checks = shards.health.checks;
  return shards.tls.enabled || std::any_of(checks.begin(), checks.end(), [](const auto& check) {
           return check.url.starts_with("https://");
         });
}

}  // namespace

HealthChecker::HealthChecker(boost::asio::io_context& io, std::function<void(ProbeResult)> report,
                             uint32_t seed)
    : io_(io),
      report_(std::move(report)),
      schedule_(kMaxAtOnce, seed),
      alarm_(io, [this] { StartDue(); }),
      tasks_(io) {}

void HealthChecker::Configure(const config::Shards& shards, std::shared_ptr<Resolver> resolver) {
  std::string problem;  // the loader has tried
  rules_ = std::make_shared<const CheckRules>(
      CheckRules{.health = shards.health,
                 .with_tls = shards.tls.enabled,
                 .announced = shards.proxy_protocol,
                 .tls = SpeaksTls(shards) ? ClientTls::Make(shards.tls, problem) : nullptr});
  resolver_ = std::move(resolver);
  schedule_.SetInterval(shards.health.interval);
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
    tasks_.Spawn(Probe::Run(probe, rules_, [this](ProbeResult result) { Report(result); }),
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
