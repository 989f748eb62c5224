// SPDX-License-Identifier: Apache-2.0
// What one replica is made of, for app.cc, which connects and runs it, and app_sources.cc, which
// opens it to the admin plane.
//
// Members are constructed and destroyed in this order; each may use those before it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config/load.h"
#include "discovery/bridge_discovery.h"
#include "discovery/discovery.h"
#include "router/admin/admin_plane.h"
#include "router/app.h"
#include "router/journal.h"
#include "router/log.h"
#include "router/memory_watch.h"
#include "router/replication.h"
#include "router/worker_group.h"

namespace room_router {

struct App::Parts {
  Parts(config::Config loaded, std::string path);

  std::string Start(const std::function<std::string(Log&)>& give_up_rights);
  std::string Open(const std::function<std::string(Log&)>& give_up_rights);
  std::vector<std::string> Reload();
  std::vector<std::string> Take(config::Loaded loaded);  // on the control thread
  void Drain(std::function<void()> on_stopped);
  void PollDrain();
  void Stop();
  void ArmSweep();
  void TakeShards(ShardSetPtr set);
  void TakeRules(RoomRulesPtr changed);
  void TakeMemory(bool is_short);
  void Route();
  void Chronicle();
  void NoteMove(const EntryView& room, ShardId to);
  void MoveRooms(const std::vector<EntryView>& rooms, ShardId shard);
  admin::AdminSources Sources();
  std::function<std::vector<std::string>()> ReloadDoor();
  Replication::Doors Doors();
  TableEnvironment Environment();
  void Note(const Event& event) {
    journal.Note(event, Clock::now());
    log.Write(event.level, ToString(event.kind),
              {{"shard", event.shard}, {"endpoint", event.endpoint}, {"detail", event.detail}});
  }
  admin::Readiness Ready() const;

  // Runs `order` on the control thread and waits for its result.
  template <class Order>
  auto OnControl(Order order) {
    std::packaged_task<decltype(order())()> task(std::move(order));
    auto result = task.get_future();
    boost::asio::post(io, [&task] { task(); });
    return result.get();
  }

  const std::string config_path;
  const std::shared_ptr<TicketKeys> tickets;  // of all listeners without keys of their own
  std::shared_ptr<const ConfigSnapshot> config;
  ShardSetPtr shards = std::make_shared<ShardSet>();
  Availability availability;  // down: no shard can be used
  RoomRulesPtr rules = std::make_shared<RoomRules>();
  admin::ReloadState reload;
  const TimePoint started = Clock::now();
  const std::chrono::system_clock::time_point started_at = std::chrono::system_clock::now();
  bool checked = false;  // every shard known at the start has been found up or down
  bool draining = false;
  TimePoint drain_begun;
  std::function<void()> on_drained;

  Log log;
  Journal journal;
  HybridClock clock;
  RoomDirectory directory;
  Admission admission;
  AccessLogWriter access_log;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  boost::asio::steady_timer sweep{io}, drain_timer{io};
  WorkerGroup workers;
  MemoryWatch memory;
  Discovery discovery;
  BridgeDiscovery bridges;
  Replication replication;
  admin::AdminPlane admin;
  std::thread thread;
};

}  // namespace room_router
