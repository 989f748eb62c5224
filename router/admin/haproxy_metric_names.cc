// SPDX-License-Identifier: Apache-2.0
#include "router/admin/haproxy_metric_names.h"

#include <array>

#include "router/admin/stat_row.h"

namespace room_router {
namespace {

using admin::StatColumn;

constexpr auto kCounter = MetricType::Counter;
constexpr auto kGauge = MetricType::Gauge;
constexpr double kMs = 1e-3;
constexpr unsigned kF = 1 << admin::kFrontend, kB = 1 << admin::kBackend, kS = 1 << admin::kServer;

constexpr std::array kStatMetrics = {
    StatMetric{kB | kS, "current_queue", kGauge, StatColumn("qcur"), "Requests that wait: none."},
    StatMetric{kB | kS, "max_queue", kGauge, StatColumn("qmax"), "Most requests that waited."},
    StatMetric{kF | kB | kS, "current_sessions", kGauge, StatColumn("scur"), "Sessions now."},
    StatMetric{kF | kB | kS, "max_sessions", kGauge, StatColumn("smax"), "Most sessions."},
    StatMetric{kF | kB, "limit_sessions", kGauge, StatColumn("slim"), "Sessions allowed."},
    StatMetric{kF | kB | kS, "sessions_total", kCounter, StatColumn("stot"), "Sessions begun."},
    StatMetric{kF | kB | kS, "bytes_in_total", kCounter, StatColumn("bin"), "Bytes of clients."},
    StatMetric{kF | kB | kS, "bytes_out_total", kCounter, StatColumn("bout"), "Bytes to clients."},
    StatMetric{kF, "request_errors_total", kCounter, StatColumn("ereq"), "Requests refused."},
    StatMetric{kB | kS, "connection_errors_total", kCounter, StatColumn("econ"),
               "Connections that failed."},
    StatMetric{kB | kS, "response_errors_total", kCounter, StatColumn("eresp"),
               "Responses that were malformed, late or broken off."},
    StatMetric{kB | kS, "retry_warnings_total", kCounter, StatColumn("wretr"),
               "Requests tried again at the same server."},
    StatMetric{kB | kS, "redispatch_warnings_total", kCounter, StatColumn("wredis"),
               "Requests tried again at another server."},
    StatMetric{kB | kS, "weight", kGauge, StatColumn("weight"), "Weight now."},
    StatMetric{kB | kS, "uweight", kGauge, StatColumn("uweight"), "Weight as configured."},
    StatMetric{kB, "active_servers", kGauge, StatColumn("act"), "Servers in use."},
    StatMetric{kB, "backup_servers", kGauge, StatColumn("bck"), "Servers in reserve: none."},
    StatMetric{kS, "check_failures_total", kCounter, StatColumn("chkfail"),
               "Checks that failed while it was not down."},
    StatMetric{kB | kS, "check_up_down_total", kCounter, StatColumn("chkdown"),
               "Times it went down."},
    StatMetric{kB | kS, "downtime_seconds_total", kCounter, StatColumn("downtime"),
               "Time it was down."},
    StatMetric{kB | kS, "check_last_change_seconds", kGauge, StatColumn("lastchg"),
               "Time since the last change of the status."},
    StatMetric{kB | kS, "loadbalanced_total", kCounter, StatColumn("lbtot"), "Requests sent."},
    StatMetric{kF, "limit_session_rate", kGauge, StatColumn("rate_lim"),
               "Sessions a second allowed; 0 = any."},
    StatMetric{kF | kB | kS, "max_session_rate", kGauge, StatColumn("rate_max"),
               "Most sessions in a second."},
    StatMetric{kS, "check_code", kGauge, StatColumn("check_code"), "Status of the last check."},
    StatMetric{kS, "check_duration_seconds", kGauge, StatColumn("check_duration"),
               "Time the last check took.", kMs},
    StatMetric{kF, "http_requests_rate_max", kGauge, StatColumn("req_rate_max"),
               "Most requests in a second."},
    StatMetric{kF | kB, "http_requests_total", kCounter, StatColumn("req_tot"), "Requests."},
    StatMetric{kF, "connections_rate_max", kGauge, StatColumn("conn_rate_max"),
               "Most connections in a second."},
    StatMetric{kF, "connections_total", kCounter, StatColumn("conn_tot"), "Connections."},
    StatMetric{kF, "intercepted_requests_total", kCounter, StatColumn("intercepted"),
               "Requests answered by the router itself."},
    StatMetric{kB | kS, "client_aborts_total", kCounter, StatColumn("cli_abrt"),
               "Exchanges the client broke off."},
    StatMetric{kB | kS, "server_aborts_total", kCounter, StatColumn("srv_abrt"),
               "Exchanges the server broke off."},
    StatMetric{kB | kS, "last_session_seconds", kGauge, StatColumn("lastsess"),
               "Time since the last request; -1 = none."},
    StatMetric{kB | kS, "queue_time_average_seconds", kGauge, StatColumn("qtime"),
               "Mean time requests waited.", kMs},
    StatMetric{kB | kS, "connect_time_average_seconds", kGauge, StatColumn("ctime"),
               "Mean time to open a connection.", kMs},
    StatMetric{kB | kS, "response_time_average_seconds", kGauge, StatColumn("rtime"),
               "Mean time to the first byte of the response.", kMs},
    StatMetric{kB | kS, "total_time_average_seconds", kGauge, StatColumn("ttime"),
               "Mean time from request to the end of the response.", kMs},
    StatMetric{kB | kS, "connection_attempts_total", kCounter, StatColumn("connect"),
               "Connections opened."},
    StatMetric{kB | kS, "connection_reuses_total", kCounter, StatColumn("reuse"),
               "Requests that took an idle connection."},
    StatMetric{kS, "idle_connections_current", kGauge, StatColumn("srv_icur"), "Idle connections."},
    StatMetric{kS, "unsafe_idle_connections_current", kGauge, StatColumn("idle_conn_cur"),
               "Idle connections not reused before: none are told apart."},
    StatMetric{kS, "safe_idle_connections_current", kGauge, StatColumn("safe_conn_cur"),
               "Idle connections that may be reused."},
    StatMetric{kS, "used_connections_current", kGauge, StatColumn("used_conn_cur"),
               "Connections in use."},
};

constexpr std::array kInfoMetrics = {
    InfoMetric{"Nbthread", "nbthread", kGauge},
    InfoMetric{"Nbproc", "nbproc", kGauge},
    InfoMetric{"Process_num", "relative_process_id", kGauge},
    InfoMetric{"Uptime_sec", "uptime_seconds", kGauge},
    InfoMetric{"Ulimit-n", "max_fds", kGauge},
    InfoMetric{"Maxsock", "max_sockets", kGauge},
    InfoMetric{"Maxconn", "max_connections", kGauge},
    InfoMetric{"Hard_maxconn", "hard_max_connections", kGauge},
    InfoMetric{"CurrConns", "current_connections", kGauge},
    InfoMetric{"CumConns", "connections_total", kCounter},
    InfoMetric{"CumReq", "requests_total", kCounter},
    InfoMetric{"ConnRate", "current_connection_rate", kGauge},
    InfoMetric{"ConnRateLimit", "limit_connection_rate", kGauge},
    InfoMetric{"MaxConnRate", "max_connection_rate", kGauge},
    InfoMetric{"SessRate", "current_session_rate", kGauge},
    InfoMetric{"SessRateLimit", "limit_session_rate", kGauge},
    InfoMetric{"MaxSessRate", "max_session_rate", kGauge},
    InfoMetric{"Tasks", "current_tasks", kGauge},
    InfoMetric{"Stopping", "stopping", kGauge},
    InfoMetric{"Jobs", "jobs", kGauge},
    InfoMetric{"Unstoppable Jobs", "unstoppable_jobs", kGauge},
    InfoMetric{"Listeners", "listeners", kGauge},
    InfoMetric{"ActivePeers", "active_peers", kGauge},
    InfoMetric{"ConnectedPeers", "connected_peers", kGauge},
    InfoMetric{"DroppedLogs", "dropped_logs_total", kCounter},
    InfoMetric{"FailedResolutions", "failed_resolutions", kCounter},
    InfoMetric{"TotalBytesOut", "bytes_out_total", kCounter},
    InfoMetric{"Memmax_bytes", "max_memory_bytes", kGauge},
    InfoMetric{"PoolAlloc_bytes", "pool_allocated_bytes", kGauge},
    InfoMetric{"PoolUsed_bytes", "pool_used_bytes", kGauge},
    InfoMetric{"Start_time_sec", "start_time_seconds", kGauge},
};

}  // namespace

std::span<const StatMetric> StatMetrics() { return kStatMetrics; }

std::span<const InfoMetric> InfoMetrics() { return kInfoMetrics; }

}  // namespace room_router
