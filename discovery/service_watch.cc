// SPDX-License-Identifier: Apache-2.0
#include "discovery/service_watch.h"

#include <algorithm>
#include <utility>

namespace room_router {

ServiceWatch::ServiceWatch(boost::asio::io_context& io, OnAnswer on_answer, uint32_t seed)
    : io_(io), on_answer_(std::move(on_answer)), random_(seed) {}

void ServiceWatch::Configure(const config::ShardDiscovery& settings,
                             std::shared_ptr<Resolver> resolver) {
  const bool sooner = settings.refresh_max < settings_.refresh_max;
  settings_ = settings;
  // A replaced resolver takes its open questions with it.
  if (resolver != std::exchange(resolver_, resolver)) services_.clear();
  std::erase_if(services_, [&](const auto& service) {
    return std::ranges::find(settings.srv, service.first) == settings.srv.end();
  });
  for (const std::string& name : settings.srv) {
    if (services_.contains(name)) continue;
    services_[name] = std::make_shared<Service>(io_, [this, name] { Ask(name); });
    Ask(name);
  }
  if (sooner) AskSoon();
}

void ServiceWatch::AskSoon() {
  const TimePoint now = Clock::now();
  for (auto& [name, service] : services_) {
    if (!service->asking) {
      service->alarm.Set(std::max(now, service->asked_at + settings_.refresh_min));
    }
  }
}

void ServiceWatch::Ask(const std::string& name) {
  const auto& service = services_.at(name);
  service->asking = true;
  service->asked_at = Clock::now();
  resolver_->FindService(name, [this, name, asked = std::weak_ptr(service)](const auto& answer) {
    if (const auto still_wanted = asked.lock()) Receive(name, *still_wanted, answer);
  });
}

void ServiceWatch::Receive(const std::string& name, Service& service, const ServiceAnswer& answer) {
  service.asking = false;
  const Duration delay =
      service.schedule.After(answer, settings_, static_cast<uint32_t>(random_()));
  service.alarm.Set(Clock::now() + delay);
  on_answer_(name, answer);
}

}  // namespace room_router
