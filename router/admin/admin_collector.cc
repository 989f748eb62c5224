// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_collector.h"

#include <utility>

namespace room_router::admin {

void AdminCollector::Collect(std::function<void(AdminViewPtr)> done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  sources_.collect([this](std::vector<WorkerStats> workers) {
    const AdminViewPtr view = MakeView(workers);
    // A callback may ask again; that is a new question.
    for (const auto& callback : std::exchange(waiting_, {})) callback(view);
  });
}

AdminViewPtr AdminCollector::MakeView(const std::vector<WorkerStats>& workers) {
  const TimePoint now = Clock::now();
  auto view = std::make_shared<AdminView>();
  view->config = sources_.config();
  view->shards = sources_.shards();
  view->stats = Sum(workers);
  view->workers = sources_.workers;
  view->workers_alive = workers.size();
  view->rates = rates_.Update(view->stats, now);
  for (const Shard& shard : view->shards->shards) {
    view->rooms.push_back(sources_.table->RoomsOn(shard.id));
  }
  view->rooms_total = sources_.table->Rooms();
  view->table = sources_.table->stats();
  view->table_size = sources_.table->size();
  view->readiness = sources_.readiness();
  view->reload = sources_.reload();
  if (sources_.replication) view->replication = sources_.replication();
  view->process = ReadProcessFacts();
  view->connection_limit = sources_.connection_limit;
  if (sources_.access_log_lost_bytes) {
    view->access_log_lost_bytes = sources_.access_log_lost_bytes();
  }
  view->versions = sources_.versions;
  view->start_time = sources_.start_time;
  view->uptime = std::chrono::duration_cast<std::chrono::seconds>(now - sources_.start);
  view->now = now;
  return view;
}

}  // namespace room_router::admin
