// SPDX-License-Identifier: Apache-2.0
#include "router/admin/stat_rows.h"

#include <algorithm>
#include <cmath>
#include <concepts>
#include <numeric>

#include "router/admin/check_status.h"

namespace room_router::admin {
namespace {

constexpr int kFirstProxyId = 2;  // as HAProxy counts: 1 is its own

struct ColumnName {
  consteval ColumnName(const char* name) : index(StatColumn(name)) {}  // NOLINT: reads as a name
  constexpr ColumnName(size_t column) : index(column) {}               // NOLINT
  size_t index;
};

class RowWriter {
 public:
  explicit RowWriter(StatRow& row) : row_(row) {}
  void Set(ColumnName column, std::string_view value) { row_.columns[column.index] = value; }
  void Set(ColumnName column, std::integral auto value) {
    row_.columns[column.index] = std::to_string(value);
  }
  void Zero(std::initializer_list<ColumnName> columns) {
    for (const ColumnName column : columns) Set(column, 0);
  }

 private:
  StatRow& row_;
};

void SetResponses(RowWriter& out, const ResponseCounts& responses) {
  out.Set("hrsp_1xx", responses.by_class[0]);
  out.Set("hrsp_2xx", responses.by_class[1]);
  out.Set("hrsp_3xx", responses.by_class[2]);
  out.Set("hrsp_4xx", responses.by_class[3]);
  out.Set("hrsp_5xx", responses.by_class[4]);
  out.Set("hrsp_other", responses.by_class[5]);
}

uint64_t Mean(const Histogram& histogram) {
  const uint64_t count =
      std::accumulate(histogram.counts.begin(), histogram.counts.end(), uint64_t{0});
  return count == 0 ? 0 : histogram.sum_ms / count;
}

int64_t SecondsSince(uint64_t monotonic_s, TimePoint now) {
  if (monotonic_s == 0) return -1;
  const auto now_s =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return std::max<int64_t>(0, now_s - static_cast<int64_t>(monotonic_s));
}

// Columns of HAProxy's modules that are counters of other things than HTTP/1.
void ZeroModules(RowWriter& out) {
  for (size_t column = StatColumn("h2_headers_rcvd"); column < kStatColumns; ++column) {
    out.Zero({column});
  }
}

std::string_view FrontendStatus(const AdminView& view, size_t listener) {
  const auto state = listener < view.listeners.size() ? view.listeners[listener] : ListenerState{};
  if (state == ListenerState::kClosed) return "STOP";
  if (state == ListenerState::kPaused) return "PAUSED";
  const uint64_t limit = view.connection_limit;
  const bool full = limit > 0 && ListenerStatsOf(view.shown, listener).connections >= limit;
  return full ? "FULL" : "OPEN";
}

StatRow FrontendRow(const AdminView& view, size_t listener) {
  const ListenerStats& stats = ListenerStatsOf(view.shown, listener);
  const Rate connections = Rates::At(view.rates.connections, listener);
  const Rate requests = Rates::At(view.rates.requests, listener);
  StatRow row{.type = kFrontend,
              .proxy_id = FrontendId(listener),
              .server_id = 0,
              .proxy = ListenerName(listener),
              .columns = {}};
  RowWriter out(row);
  out.Set("svname", "FRONTEND");
  out.Set("status", FrontendStatus(view, listener));
  out.Set("scur", stats.connections);
  out.Set("smax", stats.connections_max);
  out.Set("slim", view.connection_limit);
  out.Set("stot", stats.connections_total);
  out.Set("bin", stats.bytes_in);
  out.Set("bout", stats.bytes_out);
  out.Set("ereq", stats.requests_refused);
  out.Set("rate", connections.now);
  out.Set("rate_max", connections.max);
  SetResponses(out, stats.responses);
  out.Set("req_rate", requests.now);
  out.Set("req_rate_max", requests.max);
  out.Set("req_tot", stats.requests);
  out.Set("conn_rate", connections.now);
  out.Set("conn_rate_max", connections.max);
  out.Set("conn_tot", stats.connections_total);
  out.Set("intercepted", stats.local_answers);
  out.Zero({"dreq", "dresp", "rate_lim", "comp_in", "comp_out", "comp_byp", "comp_rsp", "dcon",
            "dses", "wrew", "cache_lookups", "cache_hits", "eint"});
  ZeroModules(out);
  out.Set("h1_open_connections", stats.connections);
  out.Set("h1_total_connections", stats.connections_total);
  out.Set("h1_total_streams", stats.requests);
  out.Set("h1_bytes_in", stats.bytes_in);
  out.Set("h1_bytes_out", stats.bytes_out);
  return row;
}

// What a server and the BACKEND have in common.
void SetTraffic(RowWriter& out, const EndpointStats& stats, TimePoint now) {
  out.Set("scur", stats.outstanding);
  out.Set("smax", stats.outstanding_max);
  out.Set("stot", stats.requests);
  out.Set("bin", stats.bytes_in);
  out.Set("bout", stats.bytes_out);
  out.Set("econ", stats.connect_failures);
  out.Set("eresp", stats.response_errors);
  out.Set("wretr", stats.retries);
  out.Set("wredis", stats.redispatches);
  out.Set("lbtot", stats.requests);
  SetResponses(out, stats.responses);
  out.Set("req_tot", stats.requests);
  out.Set("cli_abrt", stats.client_aborts);
  out.Set("srv_abrt", stats.shard_aborts);
  out.Set("lastsess", SecondsSince(stats.last_session_s, now));
  out.Set("ctime", Mean(stats.connect_ms));
  out.Set("rtime", Mean(stats.first_byte_ms));
  out.Set("ttime", Mean(stats.total_ms));
  out.Set("connect", stats.connects);
  out.Set("reuse", stats.reuses);
  out.Zero({"qcur", "qmax", "dresp", "bck", "qtime", "wrew", "eint"});
}

void SetAvailability(RowWriter& out, const Availability& is, TimePoint since,
                     const AdminView& view) {
  const auto seconds = [](Clock::duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
  };
  out.Set("chkdown", is.times_down);
  out.Set("downtime", seconds(is.DownFor(view.now)));
  out.Set("lastchg", since == TimePoint{} ? view.uptime.count() : seconds(view.now - since));
}

void SetCheck(RowWriter& out, const Endpoint& endpoint, const config::Health& health) {
  const std::string_view check = endpoint.last_check;  // "L7OK/200"
  const size_t slash = check.find('/');
  out.Set("check_status", check.substr(0, slash));
  if (slash != std::string_view::npos) out.Set("check_code", check.substr(slash + 1));
  out.Set("chkfail", endpoint.availability.failed_checks);
  out.Set("check_desc", CheckStatusText(check.substr(0, slash)));
  out.Set("check_duration", endpoint.last_check_ms);
  out.Set("check_rise", health.rise);
  out.Set("check_fall", health.fall);
  const int full = health.rise + health.fall - 1;
  out.Set("check_health", endpoint.up ? full - endpoint.check_fill : int{endpoint.check_fill});
}

void SetAgent(RowWriter& out, const Endpoint& endpoint, const config::Health& health) {
  if (!health.HasAgent()) return;
  std::string_view status = endpoint.last_agent;
  if (status.empty()) status = "INI";
  out.Set("agent_status", status);
  out.Set("agent_desc", CheckStatusText(status));
  if (status != "INI") out.Set("agent_duration", endpoint.last_agent_ms);
  if (status == "L7OK" || status == "L7STS") out.Set("agent_code", 0);
  out.Set("last_agt", endpoint.agent_says);
  out.Set("agent_rise", 1);  // it is taken at its word
  out.Set("agent_fall", 1);
  out.Set("agent_health", endpoint.agent_down ? 0 : 1);
}

StatRow ServerRow(const AdminView& view, const Shard& shard, const Endpoint& endpoint) {
  const EndpointStats& stats = EndpointStatsOf(view.shown, endpoint.id);
  const Rate requests = Rates::At(view.rates.endpoints, endpoint.id);
  const config::Health& health = view.config->shards.health;
  StatRow row{
      .type = kServer, .proxy_id = 0, .server_id = ServerId(endpoint), .proxy = {}, .columns = {}};
  RowWriter out(row);
  SetTraffic(out, stats, view.now);
  SetCheck(out, endpoint, health);
  SetAvailability(out, endpoint.availability, std::max(shard.since, endpoint.availability.since),
                  view);
  SetAgent(out, endpoint, health);
  const std::string status = StatusWord(shard, endpoint, health);
  const bool drained = std::max(shard.admin, endpoint.agent) == AdminState::kDrain;
  const auto weight = drained ? 0 : std::lround(std::clamp(shard.weight, 0.0, 65535.0));
  out.Set("svname", ServerName(shard, endpoint));
  out.Set("status", status);
  out.Set("weight", weight);
  out.Set("uweight", std::lround(std::clamp(shard.weight, 0.0, 65535.0)));
  out.Set("act", 1);
  out.Set("rate", requests.now);
  out.Set("rate_max", requests.max);
  out.Set("addr", endpoint.address.ToString());
  out.Set("srv_icur", stats.idle_connections);
  out.Set("idle_conn_cur", 0);
  out.Set("safe_conn_cur", stats.idle_connections);
  out.Set("used_conn_cur", stats.outstanding);
  out.Zero({"hanafail", "qtime_max", "ctime_max", "rtime_max", "ttime_max", "need_conn_est"});
  return row;
}

StatRow BackendRow(const AdminView& view) {
  StatRow row{.type = kBackend, .proxy_id = 0, .server_id = 0, .proxy = {}, .columns = {}};
  RowWriter out(row);
  SetTraffic(out, SumEndpoints(view.shown), view.now);
  int64_t weight = 0;
  size_t usable = 0;
  for (const Shard& shard : view.shards->shards) {
    usable += shard.UsableEndpoints();
    if (shard.TakesNewRooms()) weight += std::lround(std::clamp(shard.weight, 0.0, 65535.0));
  }
  Rate rate;
  for (const Rate& endpoint : view.rates.endpoints) {
    rate.now += endpoint.now;
    rate.max += endpoint.max;
  }
  out.Set("svname", "BACKEND");
  out.Set("status", usable > 0 ? "UP" : "DOWN");
  out.Set("weight", weight);
  out.Set("uweight", weight);
  out.Set("act", usable);
  SetAvailability(out, view.availability, view.availability.since, view);
  out.Set("rate", rate.now);
  out.Set("rate_max", rate.max);
  out.Set("slim", view.connection_limit);
  out.Set("algo", "rendezvous");
  out.Zero({"dreq", "comp_in", "comp_out", "comp_byp", "comp_rsp", "cache_lookups", "cache_hits",
            "qtime_max", "ctime_max", "rtime_max", "ttime_max", "agg_server_status",
            "agg_server_check_status", "agg_check_status"});
  ZeroModules(out);
  return row;
}

}  // namespace

int FrontendId(size_t listener) { return kFirstProxyId + static_cast<int>(listener); }

int BackendId(const config::Config& config) {
  return kFirstProxyId + static_cast<int>(config.listeners.size());
}

int ServerId(const Endpoint& endpoint) { return static_cast<int>(endpoint.id) + 1; }

std::string StatusWord(const Shard& shard, const Endpoint& endpoint, const config::Health& health) {
  const AdminState ordered = std::max(shard.admin, endpoint.agent);
  if (ordered == AdminState::kMaint) return "MAINT";
  if (shard.state == ShardState::kSoftDown) return "NOLB";
  const std::string fill = std::to_string(endpoint.check_fill);
  const bool usable = shard.state == ShardState::kUp && endpoint.up;
  if (endpoint.agent_down) return "DOWN (agent)";
  if (!usable) {
    const bool rising = !endpoint.up && endpoint.check_fill > 0;
    return rising ? "DOWN " + fill + "/" + std::to_string(health.rise) : "DOWN";
  }
  std::string word = ordered == AdminState::kDrain ? "DRAIN" : "UP";
  if (endpoint.check_fill == 0) return word;
  // HAProxy counts what is left of `fall`.
  return word + " " + std::to_string(health.fall - endpoint.check_fill) + "/" +
         std::to_string(health.fall);
}

std::vector<StatRow> StatRows(const AdminView& view) {
  std::vector<StatRow> rows;
  const size_t listeners = view.config->listeners.size();
  for (size_t i = 0; i < listeners; ++i) rows.push_back(FrontendRow(view, i));
  const size_t backend = rows.size();
  for (const Shard& shard : view.shards->shards) {
    for (const Endpoint& endpoint : shard.endpoints) {
      rows.push_back(ServerRow(view, shard, endpoint));
    }
  }
  rows.push_back(BackendRow(view));
  for (size_t i = 0; i < rows.size(); ++i) {
    StatRow& row = rows[i];
    if (i >= backend) {
      row.proxy_id = BackendId(*view.config);
      row.proxy = view.config->stick_table.name;
    }
    RowWriter out(row);
    out.Set("pxname", row.proxy);
    out.Set("pid", 1);
    out.Set("iid", row.proxy_id);
    out.Set("sid", row.server_id);
    out.Set("type", row.type);
    out.Set("mode", "http");
    out.Set("-", "-");
    out.Zero({"ssl_sess", "ssl_reused_sess", "ssl_failed_handshake"});
  }
  return rows;
}

}  // namespace room_router::admin
