// SPDX-License-Identifier: Apache-2.0
#include "router/admin/server_list_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "router/admin/check_status.h"
#include "router/admin/stat_rows.h"

namespace room_router::admin {
namespace {

constexpr std::string_view kStateColumns =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health "
    "srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord "
    "srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port\n";

constexpr int kForcedMaintenance = 1, kForcedDrain = 8;  // srv_admin_state
constexpr int kCheckEnabled = 6;                         // srv_check_state: configured, enabled

int OperationalState(const Shard& shard, const Endpoint& endpoint) {
  constexpr int kStopped = 0, kStarting = 1, kRunning = 2, kStopping = 3;
  if (shard.admin == AdminState::kMaint || shard.state == ShardState::kDown) return kStopped;
  if (shard.state == ShardState::kStarting) return kStarting;
  if (shard.state == ShardState::kSoftDown) return kStopping;
  return endpoint.up ? kRunning : kStopped;
}

int AdministrativeState(AdminState state) {
  if (state == AdminState::kMaint) return kForcedMaintenance;
  return state == AdminState::kDrain ? kForcedDrain : 0;
}

int CheckResult(const Endpoint& endpoint) {
  constexpr int kUnknown = 0, kFailed = 2, kPassed = 3;
  if (endpoint.last_check.empty()) return kUnknown;
  return endpoint.last_check.find("OK") != std::string::npos ? kPassed : kFailed;
}

int64_t SecondsInState(const Shard& shard, const AdminView& view) {
  if (shard.since == TimePoint{}) return view.uptime.count();
  return std::chrono::duration_cast<std::chrono::seconds>(view.now - shard.since).count();
}

// The SRV name asked for; "-" when it isn't one for all.
std::string_view ServiceOf(const config::Shards& shards) {
  return shards.discovery.srv.size() == 1 && shards.static_shards.empty()
             ? std::string_view(shards.discovery.srv[0])
             : "-";
}

int64_t Whole(double weight) { return std::lround(std::clamp(weight, 0.0, 65535.0)); }

std::string StateLine(const AdminView& view, const Shard& shard, const Endpoint& endpoint) {
  const config::Shards& settings = view.config->shards;
  const int full = settings.health.rise + settings.health.fall - 1;
  std::string line = fmt::format(
      "{} {} {} {} {} {} {} {} {} {}", BackendId(*view.config), view.config->stick_table.name,
      ServerId(endpoint), ServerName(shard, endpoint), endpoint.address.Ip(),
      OperationalState(shard, endpoint), AdministrativeState(shard.admin), Whole(shard.weight),
      Whole(shard.found_weight), SecondsInState(shard, view));
  fmt::format_to(std::back_inserter(line), " {} {} {} {} 0 0 0 - {} {} {} 0 - - 0\n",
                 CheckStatusNumber(endpoint.last_check), CheckResult(endpoint),
                 endpoint.up ? full - endpoint.check_fill : int{endpoint.check_fill}, kCheckEnabled,
                 endpoint.address.port(), ServiceOf(settings), settings.tls.enabled ? 1 : 0);
  return line;
}

std::string ConnectionLine(const AdminView& view, const Shard& shard, const Endpoint& endpoint) {
  const EndpointStats& stats = EndpointStatsOf(view.shown, endpoint.id);
  std::string line = fmt::format(
      "{}/{} {}/{} {} {} - {} {} {} 0 0 {} -1 {}", view.config->stick_table.name,
      ServerName(shard, endpoint), BackendId(*view.config), ServerId(endpoint),
      endpoint.address.Ip(), endpoint.address.port(), view.config->timeouts.upstream_idle.count(),
      stats.outstanding, stats.outstanding_max, stats.idle_connections, stats.idle_connections);
  for (const WorkerStats& worker : view.each_worker) {
    fmt::format_to(std::back_inserter(line), " {}",
                   EndpointStatsOf(worker, endpoint.id).idle_connections);
  }
  return line + "\n";
}

template <class MakeLine>
CliReply List(const CliWords& words, const CliContext& context, std::string text,
              MakeLine make_line) {
  const AdminView& view = *context.view;
  const std::string_view backend = WordAt(words, 3);
  if (!backend.empty() && backend != view.config->stick_table.name) {
    return Error("Can't find backend.\n");
  }
  for (const Shard& shard : view.shards->shards) {
    for (const Endpoint& endpoint : shard.endpoints) text += make_line(view, shard, endpoint);
  }
  return {.text = std::move(text)};
}

CliReply ShowState(const CliWords& words, const CliContext& context) {
  return List(words, context, std::string(kStateColumns), StateLine);
}

CliReply ShowConnections(const CliWords& words, const CliContext& context) {
  std::string header = fmt::format(
      "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb "
      "safe_nb idle_lim idle_cur idle_per_thr[{}]\n",
      context.view->each_worker.size());
  return List(words, context, std::move(header), ConnectionLine);
}

CliReply ShowBackend(const CliWords&, const CliContext& context) {
  const auto config = context.sources.config();
  return {.text = "# name\n" + config->stick_table.name + "\n"};
}

constexpr std::array<CliCommand, 3> kCommands = {{
    {.words = "show backend",
     .usage = "show backend",
     .help = "list backends in the current running config",
     .run = ShowBackend},
    {.words = "show servers conn",
     .usage = "show servers conn [<backend>]",
     .help = "dump server connections status (all or for a single backend)",
     .run = ShowConnections,
     .needs_view = true},
    {.words = "show servers state",
     .usage = "show servers state [<backend>]",
     .help = "dump volatile server information (all or for a single backend)",
     .run = ShowState,
     .needs_view = true},
}};

}  // namespace

CliCommands ServerListCommands() { return kCommands; }

}  // namespace room_router::admin
