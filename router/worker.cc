// SPDX-License-Identifier: Apache-2.0
#include "router/worker.h"

#include <thread>

#include "router/acceptor.h"
#include "router/client_connection.h"

namespace room_router {

struct Worker::Thread {
  explicit Thread(Environment environment)
      : admission(environment.admission),
        plane(environment.directory, admission.addresses, environment.access_log) {
    plane.worker = environment.number;
    plane.report_connect = std::move(environment.report_connect);
    plane.on_client_closed = [this](uint16_t listener) {
      admission.connections.GiveOf(listener);
      admission.connections.Give();
    };
  }

  void Run(const std::vector<Socket>& sockets);
  void End();
  void RetryAccepting() {
    for (auto& acceptor : acceptors) acceptor->Retry();
  }
  WorkerStats Copy();

  Admission& admission;
  DataPlane plane;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::thread thread;
};

void Worker::Thread::Run(const std::vector<Socket>& sockets) {
  for (const Socket& socket : sockets) {
    acceptors.push_back(
        std::make_unique<Acceptor>(plane, admission, socket.descriptor, socket.listener));
  }
  plane.loop.SetHooks(
      [this] {
        if (plane.access_log != nullptr) plane.access_log->Flush();
      },
      [this] { RetryAccepting(); });
  plane.loop.Run();
}

void Worker::Thread::End() {
  acceptors.clear();
  while (!plane.clients.empty()) plane.clients.front().Close();
  plane.pool.CloseAll();
  plane.loop.Stop();
}

WorkerStats Worker::Thread::Copy() {
  for (size_t id = 0; id < plane.stats.endpoints.size(); ++id) {
    plane.stats.endpoints[id].idle_connections =
        static_cast<uint32_t>(plane.pool.idle(static_cast<EndpointId>(id)));
  }
  const EventLoop::Counts& counts = plane.loop.counts();
  plane.stats.loop = {.batches = counts.batches, .events = counts.events, .tasks = counts.tasks};
  plane.stats.loop_lag_us_max = plane.loop.TakeLongestWait();
  if (plane.access_log != nullptr) plane.stats.access_log_drops = plane.access_log->drops();
  return plane.stats;
}

Worker::Worker(Environment environment)
    : thread_(std::make_unique<Thread>(std::move(environment))) {}

Worker::~Worker() { Stop(); }

void Worker::Start(std::shared_ptr<const ConfigSnapshot> config,
                   std::shared_ptr<const ShardSnapshot> shards, std::vector<Socket> sockets) {
  thread_->plane.stats.listeners.resize(config->config.listeners.size());
  thread_->plane.Apply(std::move(config));
  thread_->plane.Apply(std::move(shards));
  thread_->thread = std::thread([this, handed = std::move(sockets)] { thread_->Run(handed); });
}

void Worker::Stop() {
  if (!thread_->thread.joinable()) return;
  thread_->plane.loop.Post([this] { thread_->End(); });
  thread_->thread.join();
}

void Worker::Publish(std::shared_ptr<const ConfigSnapshot> config) {
  thread_->plane.loop.Post([this, config = std::move(config)] { thread_->plane.Apply(config); });
}

void Worker::Publish(std::shared_ptr<const ShardSnapshot> shards) {
  thread_->plane.loop.Post([this, shards = std::move(shards)] { thread_->plane.Apply(shards); });
}

void Worker::Publish(BridgeSetPtr bridges) {
  thread_->plane.loop.Post([this, bridges = std::move(bridges)] { thread_->plane.Apply(bridges); });
}

void Worker::Collect(std::function<void(WorkerStats)> done) {
  thread_->plane.loop.Post([this, done = std::move(done)] { done(thread_->Copy()); });
}

void Worker::ClearMaxima() {
  thread_->plane.loop.Post([this] {
    WorkerStats& stats = thread_->plane.stats;
    for (ListenerStats& each : stats.listeners) each.connections_max = each.connections;
    for (EndpointStats& each : stats.endpoints) each.outstanding_max = each.outstanding;
    stats.bridges.outstanding_max = stats.bridges.outstanding;
  });
}

void Worker::Carry(SessionOrder order, std::function<void(SessionReport)> done) {
  thread_->plane.loop.Post([this, order = std::move(order), done = std::move(done)] {
    SessionReport report;
    auto& clients = thread_->plane.clients;
    for (auto it = clients.begin(); it != clients.end();) {
      ClientConnection& client = *it++;
      SessionFacts facts = client.facts();
      if (!order.Concerns(facts)) continue;
      ++report.matched;
      if (report.sessions.size() < order.most) report.sessions.push_back(std::move(facts));
      if (order.end) client.EndByOperator();
    }
    done(std::move(report));
  });
}

void Worker::EndSessions(MovedRoomsPtr moved) {
  thread_->plane.loop.Post([this, moved = std::move(moved)] {
    DataPlane& plane = thread_->plane;
    for (auto it = plane.clients.begin(); it != plane.clients.end();) {
      if ((it++)->Leave(*moved)) ++plane.stats.sessions_moved;
    }
  });
}

void Worker::BeginDrain() {
  thread_->plane.loop.Post([this] {
    DataPlane& plane = thread_->plane;
    plane.draining = true;
    for (auto it = plane.clients.begin(); it != plane.clients.end();) (it++)->BeginDrain();
    plane.pool.CloseAll();
  });
}

void Worker::CloseListener(uint16_t listener, std::function<void()> done) {
  thread_->plane.loop.Post([this, listener, done = std::move(done)] {
    std::erase_if(thread_->acceptors,
                  [listener](const auto& acceptor) { return acceptor->listener() == listener; });
    done();
  });
}

void Worker::OpenListener(Socket socket) {
  thread_->plane.loop.Post([this, socket] {
    thread_->acceptors.push_back(std::make_unique<Acceptor>(thread_->plane, thread_->admission,
                                                            socket.descriptor, socket.listener));
  });
}

void Worker::RetryAccepting() {
  thread_->plane.loop.Post([this] { thread_->RetryAccepting(); });
}

void Worker::StopAccepting() {
  thread_->plane.loop.Post([this] { thread_->acceptors.clear(); });
}

}  // namespace room_router
