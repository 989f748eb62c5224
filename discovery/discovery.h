// SPDX-License-Identifier: Apache-2.0
// Finds the shards, watches over them, and publishes what it knows as snapshots.
//
// The I/O shell that ties resolver, health checks and catalog together. Everything happens on the
// one thread that runs `io`: calls are made there, `publish` and `log` are called there, never from
// within a call. The first snapshot is published soon after Start(); later ones when something
// visible has changed, at most one per kPublishGap. Never exits, never throws: without an answer it
// keeps asking. Stop() and its `drained` before destruction.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "config/config.h"
#include "discovery/alarm.h"
#include "discovery/catalog.h"
#include "discovery/event.h"
#include "discovery/health_checker.h"
#include "discovery/lookup_counts.h"
#include "discovery/resolver.h"
#include "discovery/service_watch.h"
#include "discovery/shard_set.h"

namespace room_router {

class Discovery {
 public:
  static constexpr Duration kPublishGap{20};

  Discovery(boost::asio::io_context& io, config::Shards settings,
            std::function<void(ShardSetPtr)> publish, std::function<void(Event)> log);

  void Start();
  // Ends all questions and checks; `drained` (may be empty) is called when nothing is left running.
  void Stop(std::function<void()> drained = {});
  // Takes effect at once; shards and endpoints that stay keep their state and ids. Without named
  // resolvers resolv.conf is read again.
  void Reconfigure(config::Shards settings);

  // Checks the endpoint now instead of when it is due.
  void RequestCheck(EndpointId endpoint);
  // A connection attempt of the data plane failed, or succeeded after such failures. Who fails too
  // often is put out for a while (ejection.h) and checked at once; if that leaves its shard without
  // any endpoint, DNS is asked again too.
  void ReportConnectFailure(EndpointId endpoint);
  void ReportConnected(EndpointId endpoint);
  // An operator's word on what a check would find.
  void Force(const ForcedResult& result);

  // Replicas spoke of a shard that is new here: DNS is asked about it (Catalog::Expect).
  void Expect(ShardId shard);
  const LookupCounts& lookups() const { return lookups_; }
  ShardNames& names() { return catalog_.names(); }

  // What the live replicas agree on (sticky/shard_votes.h).
  void SetQuorum(ShardId shard, Quorum quorum);

  // False: no change, or there is no such shard.
  bool Obey(std::string_view shard, const ShardOrder& order);

 private:
  void Apply();  // settings_ to the parts
  void Receive(const std::string& service, const ServiceAnswer& answer);
  void Receive(const ProbeResult& result);
  void Changed();
  void Publish();

  boost::asio::io_context& io_;
  config::Shards settings_;
  std::function<void(ShardSetPtr)> publish_;
  std::function<void(Event)> log_;
  LookupCounts lookups_;
  std::shared_ptr<Resolver> resolver_;  // shared with the checks it still answers
  Catalog catalog_;
  ServiceWatch services_;
  HealthChecker checker_;
  Alarm deadline_, publication_;
  ShardSetPtr published_;
  TimePoint published_at_;
  bool running_ = false;
};

}  // namespace room_router
