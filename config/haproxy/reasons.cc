// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/reasons.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace room_router::config::haproxy {
namespace {

constexpr Fate kDone = Fate::kDone, kDropped = Fate::kDropped;

struct Row {
  std::string_view begins;  // the directive's first words; the first row that fits counts
  Fate fate;
  std::string_view text;
};

constexpr const char* kService = "the service manager's: systemd unit or container";
constexpr const char* kIngress = "at the ingress or load balancer";
constexpr const char* kTls = "TLS: see listeners[].tls and shards.tls, or end it at the ingress";

constexpr std::array kProcess{
    Row{"daemon", kDone, kService},
    Row{"master-worker", kDone, kService},
    Row{"user", kDropped, kService},
    Row{"group", kDropped, kService},
    Row{"uid", kDropped, kService},
    Row{"gid", kDropped, kService},
    Row{"chroot", kDropped, kService},
    Row{"pidfile", kDone, kService},
    Row{"ulimit-n", kDone, "the descriptor limit is raised as far as allowed"},
    Row{"cpu-map", kDropped, "threads run on the cores the service or container is given"},
    Row{"nbproc", kDropped, "one process with node.threads; more replicas share by gossip"},
    Row{"thread-groups", kDropped, "one process with node.threads"},
    Row{"node", kDone, "node.name is the host's"},
    Row{"description", kDone, "shown nowhere"},
    Row{"log-tag", kDropped, "stdout goes to the journal, which tags it"},
    Row{"log-send-hostname", kDropped, "stdout goes to the journal"},
    Row{"lua-", kDropped, "there is no Lua; room_key, headers, pins and bans are settings"},
    Row{"ssl-", kDropped, kTls},
    Row{"ca-base", kDropped, kTls},
    Row{"crt-base", kDropped, kTls},
    Row{"tune.ssl", kDropped, kTls},
    Row{"tune.bufsize", kDropped, "limits.header_bytes bounds a head, bodies are not buffered"},
    Row{"tune.http.maxhdr", kDropped, "limits.header_fields, 128 unless set"},
    Row{"tune.", kDone, "tuned for HAProxy"},
    Row{"maxconnrate", kDropped, "limit rates at the ingress"},
    Row{"maxsessrate", kDropped, "limit rates at the ingress"},
    Row{"server-state-", kDone, "replicas tell a fresh one what they know"},
    Row{"load-server-state-", kDone, "replicas tell a fresh one what they know"},
    Row{"spread-checks", kDone, "checks are spread"},
    Row{"external-check", kDropped, "checks are tcp or http"},
    Row{"insecure-", kDropped, "external programs are not run"},
    Row{"setenv", kDone, "filled in where it is used"},
    Row{"presetenv", kDone, "filled in where it is used"},
    Row{"resetenv", kDone, "the environment is the service's"},
    Row{"unsetenv", kDone, "the environment is the service's"},
    Row{"strict-limits", kDone, "limits that cannot be had are told at the start"},
    Row{"expose-", kDropped, "is HAProxy's own"},
    Row{"zero-warning", kDone, "room-router check shows warnings"},
};

constexpr std::array kTraffic{
    Row{"mode http", kDone, "HTTP is what is spoken"},
    Row{"mode", kDropped, "rooms can only be read out of HTTP"},
    Row{"log global", kDone, "see logging"},
    Row{"log stdout", kDone, "see logging"},
    Row{"log stderr", kDone, "see logging"},
    Row{"log", kDropped, "there is no syslog: the journal or the container takes stdout"},
    Row{"no log", kDropped, "logging.access.format: off is silent"},
    Row{"option forwardfor", Fate::kLook,
        "X-Forwarded-* that come in count only from trusted_proxies: write the addresses of the "
        "ingress there"},
    Row{"option redispatch", kDone,
        "retries take another endpoint of the room's shard; a room moves "
        "when its shard is down"},
    Row{"option http-", kDone, "connections are kept alive on both sides and pooled"},
    Row{"option httpclose", kDone, "connections are kept alive on both sides and pooled"},
    Row{"option dontlog", kDropped, "logging.access.sample thins the log out"},
    Row{"option log", kDropped, "logging.access has other fields"},
    Row{"option tcplog", kDone, "logging.access.format is json"},
    Row{"option tcpka", kDone, "websockets have tunnel_idle"},
    Row{"option clitcpka", kDone, "websockets have tunnel_idle"},
    Row{"option srvtcpka", kDone, "websockets have tunnel_idle"},
    Row{"option tcp-check", kDone, "a TCP check is the default"},
    Row{"option ssl-hello-chk", kDropped, "checks are tcp or http"},
    Row{"option allbackups", kDone, "all shards of the best priority are used"},
    Row{"option abortonclose", kDone, "a client that goes ends its request"},
    Row{"option splice", kDone, "tuned for HAProxy"},
    Row{"option accept-", kDropped, "requests that are no HTTP are refused"},
    Row{"option forwarded", kDropped, "X-Forwarded-* are set, Forwarded is not"},
    Row{"option", kDropped, "has no equivalent"},
    Row{"no option", kDone, "not on"},
    Row{"timeout queue", kDropped, "a shard takes requests as they come, there is no queue"},
    Row{"timeout tarpit", kDropped, "nobody is kept waiting on purpose"},
    Row{"timeout", kDropped, "has no equivalent"},
    Row{"http-reuse", kDone, "connections to shards are reused; a retry covers one that was reset"},
    Row{"hash-type", kDone, "rendezvous hashing moves only the rooms of a shard that goes"},
    Row{"hash-", kDone, "rooms are placed by placement"},
    Row{"retry-on", kDropped, "what a shard refuses is tried again, what it answers is not"},
    Row{"default_backend", kDone, "everything goes to the shards"},
    Row{"stats timeout", kDone, "a session of the admin socket ends after 60 s without a move"},
    Row{"stats maxconn", kDone, "1,000 sessions at once"},
    Row{"stats auth", kDropped, "admin.http has no passwords: keep it on loopback or inside"},
    Row{"stats", kDone, "admin.http serves /stats and /stats;csv"},
    Row{"monitor-uri", kDropped, "probes ask admin.http: /healthz and /readyz"},
    Row{"monitor", kDropped, "probes ask admin.http: /healthz and /readyz"},
    Row{"errorfile", kDropped,
        "errors takes bodies without a head: cut the file's off, up to and with "
        "the first empty line, then write errors: {STATUS: FILE}"},
    Row{"errorloc", kDropped, "errors are answered, not redirected; see errors"},
    Row{"http-error", kDropped, "write the body to a file and errors: {STATUS: FILE}"},
    Row{"compression", kDropped, "the shards' web servers compress"},
    Row{"filter", kDropped, "there are no filters"},
    Row{"cookie", kDropped, "the room decides, not a cookie"},
    Row{"fullconn", kDone, "there is no queue before a shard"},
    Row{"capture", kDropped, "logging.access has other fields"},
    Row{"declare", kDropped, "logging.access has other fields"},
    Row{"unique-id", kDropped, "set request ids at the ingress"},
    Row{"tcp-request", kDropped, "limit and refuse clients at the ingress or firewall"},
    Row{"tcp-response", kDropped, "answers are passed on"},
    Row{"tcp-check", kDropped, "a TCP check is a connection; say more with an HTTP check"},
    Row{"http-check", kDropped, "see shards.health.checks"},
    Row{"http-request cache-use", kDropped,
        "nothing is cached, the shards' web servers say for how "
        "long browsers may"},
    Row{"http-response cache-store", kDropped, "nothing is cached"},
    Row{"http-request use-service", kDone,
        "admin.http serves /metrics, with other names "
        "(docs/metrics.md)"},
    Row{"http-request auth", kDropped, kIngress},
    Row{"http-request track-sc", kDropped, "limit clients at the ingress"},
    Row{"http-request lua", kDropped, "there is no Lua"},
    Row{"http-request set-path", kDropped,
        "addresses are passed on as they come; rewrite at the "
        "ingress"},
    Row{"http-request set-uri", kDropped, "rewrite at the ingress"},
    Row{"http-request replace-", kDropped, "rewrite at the ingress, or by the shards' web servers"},
    Row{"http-request set-log-level", kDropped, "logging.access.sample thins the log out"},
    Row{"http-request", kDropped, "has no equivalent; do it at the ingress"},
    Row{"http-response", kDropped, "has no equivalent; do it at the ingress"},
    Row{"http-after-response", kDropped, "has no equivalent; do it at the ingress"},
    Row{"use-server", kDropped, "pins: [{room: …, shard: …}] says where rooms belong"},
    Row{"dispatch", kDropped, "write shards.static"},
    Row{"rate-limit", kDropped, "limit rates at the ingress"},
    Row{"source", kDropped, "the system chooses the source address"},
    Row{"email-alert", kDropped, "let Prometheus alert; see docs/metrics.md"},
    Row{"default-server", kDone, "see the servers"},
    Row{"id", kDone, "is HAProxy's own"},
    Row{"guid", kDone, "is HAProxy's own"},
    Row{"backlog", kDone, "the system's limit counts (net.core.somaxconn)"},
    Row{"disabled", kDropped, "proxies cannot be switched off; leave it out"},
    Row{"enabled", kDone, "it is"},
};

constexpr std::array kResolvers{
    Row{"hold obsolete", kDone, "see shards.discovery.obsolete"},
    Row{"hold", kDone, "the last answer is kept as long as there is no other"},
    Row{"timeout resolve", kDone,
        "answers are asked for again when they expire, see "
        "shards.discovery.refresh"},
    Row{"timeout retry", kDone, "lost questions are repeated"},
    Row{"resolve_retries", kDone, "lost questions are repeated"},
    Row{"accepted_payload_size", kDone, "answers of any size are taken, over TCP if need be"},
};

bool Fits(const Directive& directive, std::string_view begins) {
  const std::string two = directive.At(0) + " " + directive.At(1);
  const bool open_end = begins.ends_with('-') || begins.ends_with('.');
  if (open_end || begins == "errorfile" || begins == "errorloc" || begins == "monitor") {
    return two.starts_with(begins);
  }
  if (begins.find(' ') == std::string_view::npos) return directive.At(0) == begins;
  return two == begins || (two.starts_with(begins) && begins.find("option ") == 0) ||
         two.starts_with(std::string(begins) + "-");
}

template <size_t kCount>
const Row* FindRow(const Directive& directive, const std::array<Row, kCount>& rows) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const Row& one) { return Fits(directive, one.begins); });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

Reason Explain(const Directive& directive) {
  const Row* row = FindRow(directive, kResolvers);
  if (row == nullptr) row = FindRow(directive, kTraffic);
  if (row == nullptr) row = FindRow(directive, kProcess);
  if (row != nullptr) return {.fate = row->fate, .text = std::string(row->text)};
  return {.fate = Fate::kDropped, .text = "not known here; look whether it matters"};
}

Reason ExplainSection(const std::string& kind) {
  struct SectionRow {
    std::string_view kind, text;
  };
  constexpr std::array<SectionRow, 9> kSections{
      SectionRow{"program", "other programs are the service manager's"},
      SectionRow{"userlist", "there are no users; authenticate at the ingress"},
      SectionRow{"cache", "nothing is cached; the shards' web servers say how long browsers may"},
      SectionRow{"http-errors", "errors takes bodies without a head: write errors: {STATUS: FILE}"},
      SectionRow{"mailers", "let Prometheus alert; see docs/metrics.md"},
      SectionRow{"ring", "logs go to stdout"},
      SectionRow{"log-forward", "logs go to stdout"},
      SectionRow{"peers", "not those of the table of rooms"},
      SectionRow{"resolvers", "no shard is looked up there"}};
  for (const SectionRow& row : kSections) {
    if (row.kind == kind) return {.fate = Fate::kDropped, .text = std::string(row.text)};
  }
  return {.fate = Fate::kDropped, .text = "not what a room router needs"};
}

}  // namespace room_router::config::haproxy
