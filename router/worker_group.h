// SPDX-License-Identifier: Apache-2.0
// All workers of a replica as one: publish to every one, gather from every one.
//
// Lives on the control thread. Snapshots built here once are shared by all workers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "router/access_log.h"
#include "router/worker.h"

namespace room_router {

class WorkerGroup {
 public:
  using Copies = std::vector<WorkerStats>;

  WorkerGroup(boost::asio::io_context& control, RoomDirectory& directory, Admission& admission)
      : control_(control), directory_(directory), admission_(admission) {}
  ~WorkerGroup() { Stop(); }
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;

  // Binds every listener for every worker; the text says which one failed and why.
  std::string Bind(const config::Config& config);
  // Until the next Publish answers don't say which shard serves a room.
  void Start(std::shared_ptr<const ConfigSnapshot> config, Routing routing,
             AccessLogWriter& access_log,
             std::function<void(EndpointId, bool connected)> report_connect);
  void Stop();

  void Publish(const std::shared_ptr<const ConfigSnapshot>& config);
  // `named`: whether answers say which shard serves a room.
  void Publish(Routing routing, bool named = true);
  void Publish(const BridgeSetPtr& bridges);
  void EndSessions(const MovedRoomsPtr& moved);
  void BeginDrain();
  void StopAccepting();
  void RetryAccepting();
  void ClearMaxima();
  // Calls back once on the control thread with the copies that arrived within a second.
  void Collect(std::function<void(Copies)> done);

  // Calls back once on the control thread with what was found within a second.
  void Carry(const SessionOrder& order, std::function<void(SessionReport)> done);

  ListenerState listener_state(size_t listener) const { return states_[listener]; }
  // `done` on the control thread when no worker accepts there any more.
  void CloseListener(size_t listener, ListenerState state, std::function<void()> done);
  std::string OpenListener(size_t listener);  // why not; empty = opened

  size_t size() const { return sockets_.size(); }
  const std::vector<SocketAddress>& listening() const { return listening_; }

 private:
  boost::asio::io_context& control_;
  RoomDirectory& directory_;
  Admission& admission_;
  std::vector<std::vector<Worker::Socket>> sockets_;  // index = worker, until Start
  std::vector<SocketAddress> listening_;
  std::vector<ListenerState> states_;  // index = listener
  std::vector<std::unique_ptr<Worker>> workers_;
};

// Threads for `node.threads: auto`: usable cores by affinity and cgroup quota, at least 1.
int UsableCores();

}  // namespace room_router
