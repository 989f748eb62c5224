// SPDX-License-Identifier: Apache-2.0
#include "router/admin/show_info.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace room_router::admin {
namespace {

struct Totals {
  uint64_t connections = 0, connections_total = 0, requests = 0, bytes_out = 0;
  uint64_t rate = 0, rate_max = 0;
};

Totals TotalsOf(const AdminView& view) {
  Totals totals;
  for (const ListenerStats& listener : view.stats.listeners) {
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

std::string Uptime(std::chrono::seconds uptime) {
  const auto s = uptime.count();
  return fmt::format("{}d {}h{:02}m{:02}s", s / 86400, s / 3600 % 24, s / 60 % 60, s % 60);
}

class Lines {
 public:
  void Add(std::string_view name, const auto& value) {
    fmt::format_to(std::back_inserter(text_), "{}: {}\n", name, value);
  }
  void Zero(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) Add(name, 0);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
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
  lines.Add("Hard_maxconn", view.connection_limit);
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
  lines.Add("Stopping", 0);
  lines.Add("Jobs", totals.connections + view.config->listeners.size());
  lines.Add("Unstoppable Jobs", 0);
  lines.Add("Listeners", view.config->listeners.size());
  lines.Zero({"ActivePeers", "ConnectedPeers"});
  lines.Add("DroppedLogs", view.stats.access_log_drops);
  lines.Zero({"BusyPolling", "FailedResolutions"});
  lines.Add("TotalBytesOut", totals.bytes_out);
  lines.Zero({"TotalSplicdedBytesOut", "BytesOutRate", "DebugCommandsIssued", "CumRecvLogs"});
}

}  // namespace

std::string ShowInfo(const AdminView& view) {
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

}  // namespace room_router::admin
