// SPDX-License-Identifier: Apache-2.0
#include "router/metrics.h"

#include <prometheus/collectable.h>

#include "router/admin/admin_view.h"
#include "router/admin/haproxy_metrics.h"
#include "router/admin/metric_family.h"
#include "router/admin/metric_text.h"
#include "router/admin/replication_metrics.h"
#include "router/admin/shard_metrics.h"

namespace room_router {
namespace {

using admin::AdminView;

void AddProcess(MetricFamilies& out, const AdminView& view) {
  Family build("build_info", MetricType::Gauge, "What is running; always 1.");
  MetricLabels labels;
  for (const auto& [name, value] : view.versions) labels.push_back({name, value});
  build.Add(labels, 1);
  out.push_back(build.Take());
  const auto gauge = MetricType::Gauge;
  using Seconds = std::chrono::duration<double>;
  AddOne(out, "start_time_seconds", gauge, "When the process started, since the epoch.",
         Seconds(view.start_time.time_since_epoch()).count());
  AddOne(out, "cpu_seconds_total", MetricType::Counter, "User and system CPU time of the process.",
         view.process.cpu_seconds);
  AddOne(out, "resident_memory_bytes", gauge, "Memory of the process in RAM.",
         view.process.resident_bytes);
  AddOne(out, "open_descriptors", gauge, "File descriptors in use.", view.process.descriptors);
  AddOne(out, "descriptor_limit", gauge, "File descriptors allowed.",
         view.process.descriptor_limit);
  AddOne(out, "workers", gauge, "Event loops of the data plane.", view.workers);
  AddOne(out, "workers_alive", gauge, "Event loops that answered this scrape in time.",
         view.workers_alive);
  AddOne(out, "event_loop_lag_seconds", gauge,
         "Longest wait for a turn of any event loop since the last look at the counters.",
         static_cast<double>(view.stats.loop_lag_us_max) / 1e6);
  AddOne(out, "ready", gauge, "1 when /readyz says so.", view.readiness.ready ? 1 : 0);
  AddOne(out, "memory_short", gauge, "1 while limits.memory keeps clients from being accepted.",
         view.limits.memory_short ? 1 : 0);
  AddOne(out, "limited_addresses", gauge, "Client addresses that limits are counted for.",
         view.limits.addresses);
  AddOne(out, "uncounted_addresses_total", MetricType::Counter,
         "Times that the table of client addresses had no place and a limit was not applied.",
         view.limits.uncounted);
  AddOne(out, "config_generation", gauge, "Number of the configuration in use, from 1.",
         view.reload.generation);
  AddOne(out, "config_last_reload_successful", gauge,
         "0 when the last reload was refused and the configuration before it is still in use.",
         view.reload.last_succeeded ? 1 : 0);
  AddOne(out, "config_mistakes", gauge, "Mistakes found by the last reload.",
         view.reload.mistakes.size());
}

void AddListeners(MetricFamilies& out, const AdminView& view) {
  const auto counter = MetricType::Counter;
  Family connections("connections", MetricType::Gauge, "Client connections now.");
  Family connections_total("connections_total", counter, "Client connections accepted.");
  Family requests("requests_total", counter, "Requests read from clients.");
  Family responses("responses_total", counter,
                   "Responses sent to clients by status class, the router's own included.");
  Family local("local_answers_total", counter,
               "Keepalive requests the router answered itself (_unlock, websocket keepalive).");
  Family received("received_bytes_total", counter, "Bytes received from clients.");
  Family sent("sent_bytes_total", counter, "Bytes sent to clients.");
  for (size_t i = 0; i < view.config->listeners.size(); ++i) {
    const ListenerStats& stats = admin::ListenerStatsOf(view.stats, i);
    const MetricLabels labels = With({}, "listener", admin::ListenerName(i));
    connections.Add(labels, stats.connections);
    connections_total.Add(labels, stats.connections_total);
    requests.Add(labels, stats.requests);
    responses.Add(labels, stats.responses);
    local.Add(labels, stats.local_answers);
    received.Add(labels, stats.bytes_in);
    sent.Add(labels, stats.bytes_out);
  }
  for (Family* family :
       {&connections, &connections_total, &requests, &responses, &local, &received, &sent}) {
    out.push_back(family->Take());
  }
  AddOne(out, "connection_limit", MetricType::Gauge,
         "Client connections allowed; more are refused.", view.connection_limit);
}

void AddRequests(MetricFamilies& out, const AdminView& view) {
  const auto counter = MetricType::Counter;
  Family classes("requests_by_class_total", counter,
                 "Requests by what the path asks for (docs: room key).");
  for (size_t i = 0; i < view.stats.requests_by_class.size(); ++i) {
    classes.Add(With({}, "class", ToString(static_cast<RequestClass>(i))),
                view.stats.requests_by_class[i]);
  }
  out.push_back(classes.Take());
  Family durations("request_duration_seconds", MetricType::Histogram,
                   "Time from the first byte of a request to the last of its response, by class.");
  for (size_t i = 0; i < view.stats.duration_ms.size(); ++i) {
    durations.Add(With({}, "class", ToString(static_cast<RequestClass>(i))),
                  view.stats.duration_ms[i]);
  }
  out.push_back(durations.Take());
  Family refusals("refusals_total", counter, "Requests not forwarded or not completed, by reason.");
  for (size_t i = 0; i < view.stats.refusals.size(); ++i) {
    refusals.Add(With({}, "reason", ToString(static_cast<Refusal>(i))), view.stats.refusals[i]);
  }
  out.push_back(refusals.Take());
  AddOne(out, "access_log_dropped_total", counter,
         "Access-log records dropped because the log's reader was too slow.",
         view.stats.access_log_drops);
  AddOne(out, "access_log_lost_bytes_total", counter,
         "Access-log bytes the output refused (disk full, reader gone).",
         view.access_log_lost_bytes);
  AddOne(out, "log_lines_suppressed_total", counter,
         "Lines of the log held back because the same one had just been written.",
         view.log_lines_suppressed);
}

void AddLookups(MetricFamilies& out, const LookupCounts& lookups) {
  Family results("dns_lookups_total", MetricType::Counter, "Lookups in DNS that ended, by result.");
  const std::pair<const char*, uint64_t> counts[] = {
      {"found", lookups.found},         {"absent", lookups.absent},
      {"timeout", lookups.timeouts},    {"refused", lookups.refused},
      {"malformed", lookups.malformed}, {"not_asked", lookups.not_asked},
      {"other", lookups.other}};
  for (const auto& [result, count] : counts) results.Add(With({}, "result", result), count);
  out.push_back(results.Take());
}

void AddRooms(MetricFamilies& out, const AdminView& view) {
  const auto gauge = MetricType::Gauge, counter = MetricType::Counter;
  AddOne(out, "rooms", gauge, "Rooms bound to a shard.", view.rooms_total);
  const StickTable::Stats& table = view.table;
  Family moves("rooms_moved_total", counter, "Rooms that changed their shard, by cause.");
  moves.Add(With({}, "cause", "request"), table.moves - table.moves_set - table.moves_merged);
  moves.Add(With({}, "cause", "operator"), table.moves_set);
  moves.Add(With({}, "cause", "replica"), table.moves_merged);
  out.push_back(moves.Take());
  AddOne(out, "stick_table_size", gauge, "Entries the stick table can hold.", view.table_size);
  AddOne(out, "stick_table_entries", gauge, "Entries in the stick table.", view.table.entries);
  AddOne(out, "stick_table_inserts_total", counter, "Entries made.", view.table.inserts);
  Family evictions("stick_table_evictions_total", counter,
                   "Entries removed to make room: expired ones, or live ones when it was full.");
  evictions.Add(With({}, "state", "expired"), view.table.evictions_expired);
  evictions.Add(With({}, "state", "live"), view.table.evictions_live);
  out.push_back(evictions.Take());
  AddOne(out, "sessions_moved_total", counter,
         "Sessions ended because their room lives on another shard.", view.stats.sessions_moved);
}

class ViewCollectable final : public prometheus::Collectable {
 public:
  explicit ViewCollectable(const AdminView& view) : view_(view) {}

  MetricFamilies Collect() const override {
    MetricFamilies families;
    AddProcess(families, view_);
    AddListeners(families, view_);
    AddRequests(families, view_);
    AddLookups(families, view_.lookups);
    AddRooms(families, view_);
    AddReplication(families, view_.replication);
    AddShards(families, view_);
    AddEndpoints(families, view_);
    AddBridges(families, view_);
    if (view_.config->admin.haproxy_metrics) AddHaproxyNames(families, view_);
    return families;
  }

 private:
  const AdminView& view_;
};

}  // namespace

std::string MetricsText(const AdminView& view) { return ToText(ViewCollectable(view).Collect()); }

}  // namespace room_router
