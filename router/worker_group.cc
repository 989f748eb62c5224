// SPDX-License-Identifier: Apache-2.0
#include "router/worker_group.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cmath>
#include <fstream>

#include "router/listening_socket.h"

namespace room_router {
namespace {

namespace asio = boost::asio;

constexpr auto kCollectTime = std::chrono::seconds(1);

// One round of Collect: whatever has arrived when all have answered or the time is up.
struct Round {
  Round(asio::io_context& io, size_t workers, std::function<void(WorkerGroup::Copies)> callback)
      : timer(io), missing(workers), done(std::move(callback)) {}

  void Finish() {
    if (!done) return;
    timer.cancel();
    std::exchange(done, nullptr)(std::move(copies));
  }

  asio::steady_timer timer;
  size_t missing;
  WorkerGroup::Copies copies;
  std::function<void(WorkerGroup::Copies)> done;
};

// cgroup v2: "quota period" or "max period".
double CgroupCores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period && period > 0 && quota > 0) return quota / period;
  return 1e9;
}

std::shared_ptr<const ShardSnapshot> Snapshot(Routing routing, bool named) {
  auto snapshot = std::make_shared<ShardSnapshot>();
  static_cast<Routing&>(*snapshot) = std::move(routing);
  snapshot->named = named;
  return snapshot;
}

}  // namespace

int UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int affinity = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return std::max(1, static_cast<int>(std::min<double>(affinity, std::ceil(CgroupCores()))));
}

std::string WorkerGroup::Bind(const config::Config& config) {
  const int threads = config.node.threads > 0 ? config.node.threads : UsableCores();
  sockets_.resize(static_cast<size_t>(threads));
  for (size_t i = 0; i < config.listeners.size(); ++i) {
    SocketAddress address = config.listeners[i].address;
    const ListeningSocket probe = Listen(address, false);
    if (probe.descriptor < 0) return "cannot listen on " + address.ToString() + ": " + probe.error;
    ::close(probe.descriptor);
    for (auto& sockets : sockets_) {
      const ListeningSocket socket = Listen(address, true);
      if (socket.descriptor < 0) {
        return "cannot listen on " + address.ToString() + ": " + socket.error;
      }
      address = socket.bound;  // port 0: the others share the first one's port
      sockets.push_back({socket.descriptor, static_cast<uint16_t>(i)});
    }
    listening_.push_back(address);
  }
  return "";
}

void WorkerGroup::Start(std::shared_ptr<const ConfigSnapshot> config, Routing routing,
                        AccessLogWriter& access_log,
                        std::function<void(EndpointId)> report_connect_failure) {
  const auto snapshot = Snapshot(std::move(routing), false);
  const auto report = [this, report_connect_failure](EndpointId endpoint) {
    asio::post(control_, [report_connect_failure, endpoint] { report_connect_failure(endpoint); });
  };
  for (size_t i = 0; i < sockets_.size(); ++i) {
    workers_.push_back(
        std::make_unique<Worker>(Worker::Environment{.directory = directory_,
                                                     .budget = budget_,
                                                     .access_log = access_log.ring(i),
                                                     .report_connect_failure = report}));
    workers_.back()->Start(config, snapshot, std::exchange(sockets_[i], {}));
  }
}

void WorkerGroup::Stop() {
  workers_.clear();
  for (auto& sockets : sockets_) {
    for (const Worker::Socket& socket : std::exchange(sockets, {})) ::close(socket.descriptor);
  }
}

void WorkerGroup::Publish(const std::shared_ptr<const ConfigSnapshot>& config) {
  for (auto& worker : workers_) worker->Publish(config);
}

void WorkerGroup::Publish(Routing routing, bool named) {
  const auto snapshot = Snapshot(std::move(routing), named);
  for (auto& worker : workers_) worker->Publish(snapshot);
}

void WorkerGroup::Publish(const BridgeSetPtr& bridges) {
  for (auto& worker : workers_) worker->Publish(bridges);
}

void WorkerGroup::EndSessions(const MovedRoomsPtr& moved) {
  for (auto& worker : workers_) worker->EndSessions(moved);
}

void WorkerGroup::BeginDrain() {
  for (auto& worker : workers_) worker->BeginDrain();
}

void WorkerGroup::StopAccepting() {
  for (auto& worker : workers_) worker->StopAccepting();
}

void WorkerGroup::Collect(std::function<void(Copies)> done) {
  auto round = std::make_shared<Round>(control_, workers_.size(), std::move(done));
  round->timer.expires_after(kCollectTime);
  round->timer.async_wait([round](const boost::system::error_code& error) {
    if (!error) round->Finish();
  });
  for (auto& worker : workers_) {
    worker->Collect([this, round](WorkerStats copy) {
      asio::post(control_, [round, copy = std::move(copy)]() mutable {
        round->copies.push_back(std::move(copy));
        if (--round->missing == 0) round->Finish();
      });
    });
  }
}

}  // namespace room_router
