// SPDX-License-Identifier: Apache-2.0
// A catalog of shards found by one service name, at a time the test says.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "discovery/catalog.h"

namespace room_router {

using namespace std::chrono_literals;

inline const std::string kService = "_http._tcp.web.jitsi.svc.cluster.local";

inline SocketAddress Address(const std::string& text) { return *SocketAddress::Parse(text); }

inline ServiceTarget Target(const std::string& label, const std::string& address,
                            uint16_t weight = 0, uint16_t priority = 0) {
  ServiceTarget target;
  target.name = label + ".web.jitsi.svc.cluster.local";
  target.addresses = {Address(address)};
  target.port = target.addresses[0].port();
  target.weight = weight;
  target.priority = priority;
  return target;
}

inline ServiceAnswer Found(std::vector<ServiceTarget> targets) {
  return {.outcome = LookupOutcome::kFound, .ttl = 5s, .targets = std::move(targets)};
}

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() { settings_.discovery.srv = {kService}; }

  Catalog& catalog() {
    if (!catalog_) catalog_.emplace(settings_, now_);
    return *catalog_;
  }
  void Receive(ServiceAnswer answer) { catalog().Receive(kService, answer, now_); }
  void Check(EndpointId endpoint, Health health, int times, const std::string& status = "x") {
    for (int i = 0; i < times; ++i) {
      catalog().Record({.endpoint = endpoint, .health = health, .status = status, .ms = 1}, now_);
    }
  }
  void CheckAll(Health health) {
    for (const CheckSubject& subject : catalog().Subjects()) Check(subject.endpoint, health, 3);
  }
  void AgentSays(EndpointId endpoint, const std::string& words) {
    catalog().Record({.endpoint = endpoint,
                      .health = Health::kGood,
                      .status = "x",
                      .agent = *ParseAgentReply(words + "\n")},
                     now_);
  }
  void Pass(Duration time) {
    now_ += time;
    catalog().Tick(now_);
  }
  const Shard& Get(const std::string& name) {
    last_ = catalog().Snapshot(now_);
    const Shard* shard = last_->FindByName(name);
    if (shard == nullptr) throw std::out_of_range(name);
    return *shard;
  }
  // "shard-0:up shard-1:soft_down"
  std::string Show() {
    std::string text;
    for (const Shard& shard : catalog().Snapshot(now_)->shards) {
      text += (text.empty() ? "" : " ") + shard.name + ":" + std::string(ToString(shard.state));
    }
    return text;
  }
  std::vector<std::string> EventKinds() {
    std::vector<std::string> kinds;
    for (const Event& event : catalog().TakeEvents()) {
      kinds.push_back(std::string(ToString(event.kind)) + " " + event.shard);
    }
    return kinds;
  }

  config::Shards settings_;
  TimePoint now_{1h};
  std::optional<Catalog> catalog_;
  ShardSetPtr last_;
};

}  // namespace room_router
