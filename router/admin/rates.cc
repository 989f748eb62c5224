// SPDX-License-Identifier: Apache-2.0
#include "router/admin/rates.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace room_router::admin {
namespace {

using namespace std::chrono_literals;

constexpr auto kWindow = 1s;
constexpr auto kTooOld = 30s;

void UpdateEach(std::vector<Rate>& rates, const std::vector<uint64_t>& before,
                const std::vector<uint64_t>& after, double seconds) {
  rates.resize(std::max(rates.size(), after.size()));
  for (size_t i = 0; i < after.size(); ++i) {
    const uint64_t old = i < before.size() ? before[i] : 0;
    // Fewer than before: a worker did not answer this time.
    const uint64_t difference = after[i] > old ? after[i] - old : 0;
    rates[i].now = static_cast<uint32_t>(std::lround(static_cast<double>(difference) / seconds));
    rates[i].max = std::max(rates[i].max, rates[i].now);
  }
}

}  // namespace

RateMeter::Sample RateMeter::Take(const WorkerStats& stats, TimePoint now) {
  Sample sample{.time = now, .connections = {}, .requests = {}, .endpoints = {}};
  for (const ListenerStats& listener : stats.listeners) {
    sample.connections.push_back(listener.connections_total);
    sample.requests.push_back(listener.requests);
  }
  for (const EndpointStats& endpoint : stats.endpoints) {
    sample.endpoints.push_back(endpoint.requests);
  }
  return sample;
}

const Rates& RateMeter::Update(const WorkerStats& stats, TimePoint now) {
  Sample sample = Take(stats, now);
  if (newer_ && now - newer_->time > kTooOld) {
    older_.reset();
    newer_.reset();
    // Against themselves: every rate is 0 until there is a window again.
    UpdateEach(rates_.connections, sample.connections, sample.connections, 1);
    UpdateEach(rates_.requests, sample.requests, sample.requests, 1);
    UpdateEach(rates_.endpoints, sample.endpoints, sample.endpoints, 1);
  }
  if (!newer_) {
    newer_ = std::move(sample);
    return rates_;
  }
  const bool shift = now - newer_->time >= kWindow;
  if (shift) older_ = std::exchange(newer_, sample);
  if (!older_) return rates_;
  const double seconds = std::chrono::duration<double>(now - older_->time).count();
  UpdateEach(rates_.connections, older_->connections, sample.connections, seconds);
  UpdateEach(rates_.requests, older_->requests, sample.requests, seconds);
  UpdateEach(rates_.endpoints, older_->endpoints, sample.endpoints, seconds);
  return rates_;
}

void RateMeter::ClearMaxima() {
  for (auto* rates : {&rates_.connections, &rates_.requests, &rates_.endpoints}) {
    for (Rate& rate : *rates) rate.max = rate.now;
  }
}

}  // namespace room_router::admin
