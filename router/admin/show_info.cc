// SPDX-License-Identifier: Apache-2.0
#include "router/admin/show_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <utility>

#include "router/admin/stat_fields.h"

namespace room_router::admin {
namespace {

struct Totals {
  uint64_t connections = 0, connections_total = 0, requests = 0, bytes_out = 0;
  uint64_t rate = 0, rate_max = 0;
};

Totals TotalsOf(const AdminView& view) {
  Totals totals;
  for (const ListenerStats& listener : view.shown.listeners) {
    totals.connections += listener.connections;
    totals.connections_total += listener.connections_total;
    totals.requests += listener.requests;
    totals.bytes_out += listener.bytes_out;
  }
  for (const Rate& rate : view.rates.connections) {
    totals.rate += rate.now;
    totals.rate_max += rate.max;
  }
  return totals;
}

std::string VersionOf(const AdminView& view) {
  return view.versions.empty() ? "unknown" : view.versions.front().second;
}

uint64_t ConnectedPeers(const ReplicationView& view) {
  const auto replicas = std::ranges::count(view.replicas, true, &ReplicaView::linked);
  const auto haproxys = std::ranges::count(view.haproxy, true, &HaproxyPeers::View::connected);
  return static_cast<uint64_t>(replicas + haproxys);
}

std::string Uptime(std::chrono::seconds uptime) {
  const auto s = uptime.count();
  return fmt::format("{}d {}h{:02}m{:02}s", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

// In the order of InfoFields().
class Lines {
 public:
  void Add(std::string_view name, const auto& value) {
    assert(InfoFields()[values_.size()].field.name == name);
    static_cast<void>(name);
    values_.push_back(fmt::to_string(value));
  }
  void Zero(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) Add(name, 0);
  }
  std::vector<std::string> Take() { return std::move(values_); }

 private:
  std::vector<std::string> values_;
};

void AddProcess(Lines& lines, const AdminView& view) {
  lines.Add("Name", "room-router");
  lines.Add("Version", VersionOf(view));
  lines.Add("Release_date", "-");
  lines.Add("Nbthread", view.workers);
  lines.Add("Nbproc", 1);
  lines.Add("Process_num", 1);
  lines.Add("Pid", view.process.pid);
  lines.Add("Uptime", Uptime(view.uptime));
  lines.Add("Uptime_sec", view.uptime.count());
  lines.Add("Memmax_MB", 0);
  lines.Add("PoolAlloc_MB", view.process.resident_bytes >> 20);
  lines.Add("PoolUsed_MB", view.process.resident_bytes >> 20);
  lines.Add("PoolFailed", 0);
  lines.Add("Ulimit-n", view.process.descriptor_limit);
  lines.Add("Maxsock", view.process.descriptor_limit);
  lines.Add("Maxconn", view.connection_limit);
  lines.Add("Hard_maxconn", view.hard_connection_limit);
}

void AddTraffic(Lines& lines, const AdminView& view, const Totals& totals) {
  lines.Add("CurrConns", totals.connections);
  lines.Add("CumConns", totals.connections_total);
  lines.Add("CumReq", totals.requests);
  lines.Zero({"MaxSslConns", "CurrSslConns", "CumSslConns", "Maxpipes", "PipesUsed", "PipesFree"});
  lines.Add("ConnRate", totals.rate);
  lines.Add("ConnRateLimit", 0);
  lines.Add("MaxConnRate", totals.rate_max);
  lines.Add("SessRate", totals.rate);
  lines.Add("SessRateLimit", 0);
  lines.Add("MaxSessRate", totals.rate_max);
  lines.Zero({"SslRate", "SslRateLimit", "MaxSslRate", "SslFrontendKeyRate",
              "SslFrontendMaxKeyRate", "SslFrontendSessionReuse_pct", "SslBackendKeyRate",
              "SslBackendMaxKeyRate", "SslCacheLookups", "SslCacheMisses", "CompressBpsIn",
              "CompressBpsOut", "CompressBpsRateLim"});
  lines.Add("Tasks", totals.connections);
  lines.Zero({"Run_queue"});
  lines.Add("Idle_pct", 100);
  lines.Add("node", view.config->node.name.empty() ? "-" : view.config->node.name);
  lines.Add("Stopping", view.readiness.draining ? 1 : 0);
  lines.Add("Jobs", totals.connections + view.config->listeners.size());
  lines.Add("Unstoppable Jobs", 0);
  lines.Add("Listeners", view.config->listeners.size());
  const uint64_t peers = ConnectedPeers(view.replication);
  lines.Add("ActivePeers", peers);
  lines.Add("ConnectedPeers", peers);
  lines.Add("DroppedLogs", view.shown.access_log_drops);
  lines.Zero({"BusyPolling"});
  const LookupCounts& lookups = view.lookups;
  lines.Add("FailedResolutions", lookups.absent + lookups.timeouts + lookups.refused +
                                     lookups.malformed + lookups.not_asked + lookups.other);
  lines.Add("TotalBytesOut", totals.bytes_out);
  lines.Zero({"TotalSplicdedBytesOut", "BytesOutRate", "DebugCommandsIssued", "CumRecvLogs"});
}

// With `float` HAProxy tells these with more digits.
bool HasDigits(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {
      "Uptime_sec", "ConnRate", "SessRate", "SslRate", "SslFrontendKeyRate", "SslBackendKeyRate"};
  return std::ranges::find(kNames, name) != kNames.end();
}

Field FieldFor(Field field, const InfoFormat& format) {
  if (format.floats && HasDigits(field.name)) field.type = FieldType::kFloat;
  return field;
}

}  // namespace

std::vector<std::string> InfoValues(const AdminView& view) {
  const Totals totals = TotalsOf(view);
  Lines lines;
  AddProcess(lines, view);
  AddTraffic(lines, view, totals);
  lines.Add("Build info", VersionOf(view));
  lines.Add("Memmax_bytes", 0);
  lines.Add("PoolAlloc_bytes", view.process.resident_bytes);
  lines.Add("PoolUsed_bytes", view.process.resident_bytes);
  lines.Add("Start_time_sec", std::chrono::system_clock::to_time_t(view.start_time));
  lines.Add("Tainted", 0);
  return lines.Take();
}

std::string ShowInfo(const AdminView& view, const InfoFormat& format) {
  const std::vector<std::string> values = InfoValues(view);
  std::string text = format.kind == InfoFormat::kJson ? "[" : "";
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& [position, plain] = InfoFields()[i];
    const Field field = FieldFor(plain, format);
    if (format.kind == InfoFormat::kJson) {
      if (i > 0) text += ',';
      AppendJson(text, "", position, field, values[i]);
      continue;
    }
    if (format.kind == InfoFormat::kTyped) {
      AppendTyped(text, "", position, field, values[i]);
    } else {
      text.append(field.name).append(": ").append(values[i]);
    }
    if (format.described) text.append(":\"").append(field.description).append("\"");
    text += '\n';
  }
  if (format.kind == InfoFormat::kJson) text += "]\n";
  return text;
}

}  // namespace room_router::admin
