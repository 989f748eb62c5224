// SPDX-License-Identifier: Apache-2.0
#include "router/admin/admin_collector.h"

#include <algorithm>
#include <utility>

#include "router/admin/counter_baseline.h"

namespace room_router::admin {

void AdminCollector::Collect(std::function<void(AdminViewPtr)> done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;
  sources_.collect([this](std::vector<WorkerStats> workers) {
    const AdminViewPtr view = MakeView(std::move(workers));
    // A callback may ask again; that is a new question.
    for (const auto& callback : std::exchange(waiting_, {})) callback(view);
  });
}

void AdminCollector::ClearCounters(bool all) {
  rates_.ClearMaxima();
  if (sources_.clear_maxima) sources_.clear_maxima();
  if (all) baseline_ = latest_;
}

AdminViewPtr AdminCollector::MakeView(std::vector<WorkerStats> workers) {
  const TimePoint now = Clock::now();
  auto view = std::make_shared<AdminView>();
  view->config = sources_.config();
  view->shards = sources_.shards();
  if (sources_.availability) view->availability = sources_.availability();
  view->stats = Sum(workers);
  view->workers = sources_.workers;
  view->workers_alive = workers.size();
  std::ranges::sort(workers, {}, &WorkerStats::worker);
  view->each_worker = std::move(workers);
  view->shown = Since(view->stats, baseline_);
  latest_ = view->stats;
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
  if (sources_.lookups) view->lookups = sources_.lookups();
  view->process = ReadProcessFacts();
  if (sources_.connection_limit) view->connection_limit = sources_.connection_limit();
  if (sources_.limits) view->limits = sources_.limits();
  view->hard_connection_limit = std::max(view->connection_limit, sources_.hard_connection_limit);
  for (size_t i = 0; sources_.listeners.state && i < view->config->listeners.size(); ++i) {
    view->listeners.push_back(sources_.listeners.state(i));
  }
  if (sources_.access_log_lost_bytes) {
    view->access_log_lost_bytes = sources_.access_log_lost_bytes();
  }
  if (sources_.log_lines_suppressed) view->log_lines_suppressed = sources_.log_lines_suppressed();
  view->versions = sources_.versions;
  view->start_time = sources_.start_time;
  view->uptime = std::chrono::duration_cast<std::chrono::seconds>(now - sources_.start);
  view->start = sources_.start;
  view->now = now;
  return view;
}

}  // namespace room_router::admin
