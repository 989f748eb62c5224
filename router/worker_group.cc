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

// One question to all workers: whatever has arrived when all have answered or the time is up.
template <class Answer>
struct Round {
  using Done = std::function<void(std::vector<Answer>)>;
  Round(asio::io_context& io, size_t workers, Done callback)
      : timer(io), missing(workers), done(std::move(callback)) {}

  static std::shared_ptr<Round> Begin(asio::io_context& io, size_t workers, Done callback) {
    auto round = std::make_shared<Round>(io, workers, std::move(callback));
    round->timer.expires_after(kCollectTime);
    round->timer.async_wait([round](const boost::system::error_code& error) {
      if (!error) round->Finish();
    });
    return round;
  }

  void Take(Answer answer) {
    answers.push_back(std::move(answer));
    if (--missing == 0) Finish();
  }

  void Finish() {
    if (!done) return;
    timer.cancel();
    std::exchange(done, nullptr)(std::move(answers));
  }

  asio::steady_timer timer;
  size_t missing;
  std::vector<Answer> answers;
  Done done;
};

// cgroup v2: "quota period" or "max period".
double CgroupCores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period && period > 0 && quota > 0) return quota / period;
  return 1e9;
}

// Whether nobody listens there: why not, or nothing.
std::string Probe(const SocketAddress& address) {
  const ListeningSocket probe = Listen(address, false);
  if (probe.descriptor >= 0) ::close(probe.descriptor);
  return probe.error;
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
    if (const std::string error = Probe(address); !error.empty()) {
      return "cannot listen on " + address.ToString() + ": " + error;
    }
    for (auto& sockets : sockets_) {
      const ListeningSocket socket = Listen(address, true);
      if (socket.descriptor < 0) {
        return "cannot listen on " + address.ToString() + ": " + socket.error;
      }
      address = socket.bound;  // port 0: the others share the first one's port
      sockets.push_back({socket.descriptor, static_cast<uint16_t>(i)});
    }
    listening_.push_back(address);
    states_.push_back(ListenerState::kOpen);
  }
  return "";
}

void WorkerGroup::Start(std::shared_ptr<const ConfigSnapshot> config, Routing routing,
                        AccessLogWriter& access_log,
                        std::function<void(EndpointId, bool connected)> report_connect) {
  const auto snapshot = Snapshot(std::move(routing), false);
  const auto report = [this, report_connect](EndpointId endpoint, bool connected) {
    asio::post(control_, [=] { report_connect(endpoint, connected); });
  };
  for (size_t i = 0; i < sockets_.size(); ++i) {
    workers_.push_back(
        std::make_unique<Worker>(Worker::Environment{.directory = directory_,
                                                     .admission = admission_,
                                                     .access_log = access_log.ring(i),
                                                     .report_connect = report,
                                                     .number = static_cast<uint16_t>(i)}));
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

void WorkerGroup::RetryAccepting() {
  for (auto& worker : workers_) worker->RetryAccepting();
}

void WorkerGroup::StopAccepting() {
  for (auto& worker : workers_) worker->StopAccepting();
  std::ranges::fill(states_, ListenerState::kClosed);
}

void WorkerGroup::ClearMaxima() {
  for (auto& worker : workers_) worker->ClearMaxima();
}

void WorkerGroup::Collect(std::function<void(Copies)> done) {
  const auto round = Round<WorkerStats>::Begin(control_, workers_.size(), std::move(done));
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->Collect([this, round, i](WorkerStats copy) {
      copy.worker = i;
      asio::post(control_,
                 [round, copy = std::move(copy)]() mutable { round->Take(std::move(copy)); });
    });
  }
}

void WorkerGroup::Carry(const SessionOrder& order, std::function<void(SessionReport)> done) {
  const auto join = [done = std::move(done), most = order.most](auto reports) {
    done(Join(std::move(reports), most));
  };
  const auto round = Round<SessionReport>::Begin(control_, workers_.size(), join);
  for (auto& worker : workers_) {
    worker->Carry(order, [this, round](SessionReport report) {
      asio::post(control_,
                 [round, report = std::move(report)]() mutable { round->Take(std::move(report)); });
    });
  }
}

void WorkerGroup::CloseListener(size_t listener, ListenerState state, std::function<void()> done) {
  states_[listener] = state;
  const auto closed = [done = std::move(done)](const std::vector<bool>&) { done(); };
  const auto round = Round<bool>::Begin(control_, workers_.size(), closed);
  for (auto& worker : workers_) {
    worker->CloseListener(static_cast<uint16_t>(listener),
                          [this, round] { asio::post(control_, [round] { round->Take(true); }); });
  }
}

std::string WorkerGroup::OpenListener(size_t listener) {
  const SocketAddress& address = listening_[listener];
  std::vector<int> descriptors;
  std::string error = Probe(address);
  while (error.empty() && descriptors.size() < workers_.size()) {
    const ListeningSocket socket = Listen(address, true);
    error = socket.error;
    if (error.empty()) descriptors.push_back(socket.descriptor);
  }
  if (!error.empty()) {
    for (const int descriptor : descriptors) ::close(descriptor);
    return error;
  }
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->OpenListener({descriptors[i], static_cast<uint16_t>(listener)});
  }
  states_[listener] = ListenerState::kOpen;
  return "";
}

}  // namespace room_router
