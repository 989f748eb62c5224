// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/server_line.h"

#include <algorithm>
#include <array>
#include <utility>

namespace room_router::config::haproxy {
namespace {

constexpr std::array<std::string_view, 62> kWithValue{"addr",
                                                      "agent-addr",
                                                      "agent-inter",
                                                      "agent-port",
                                                      "agent-send",
                                                      "alpn",
                                                      "ca-file",
                                                      "check-alpn",
                                                      "check-proto",
                                                      "check-sni",
                                                      "check-via-socks4",
                                                      "ciphers",
                                                      "ciphersuites",
                                                      "cookie",
                                                      "crl-file",
                                                      "crt",
                                                      "downinter",
                                                      "error-limit",
                                                      "fall",
                                                      "fastinter",
                                                      "guid",
                                                      "hash-key",
                                                      "id",
                                                      "idle-ping",
                                                      "init-addr",
                                                      "init-state",
                                                      "inter",
                                                      "log-proto",
                                                      "maxconn",
                                                      "maxqueue",
                                                      "max-reuse",
                                                      "minconn",
                                                      "namespace",
                                                      "npn",
                                                      "observe",
                                                      "on-error",
                                                      "on-marked-down",
                                                      "on-marked-up",
                                                      "pool-conn-name",
                                                      "pool-low-conn",
                                                      "pool-max-conn",
                                                      "pool-purge-delay",
                                                      "port",
                                                      "proto",
                                                      "proxy-v2-options",
                                                      "redir",
                                                      "resolve-net",
                                                      "resolve-opts",
                                                      "resolve-prefer",
                                                      "resolvers",
                                                      "rise",
                                                      "shard",
                                                      "sigalgs",
                                                      "slowstart",
                                                      "sni",
                                                      "socks4",
                                                      "source",
                                                      "ssl-max-ver",
                                                      "ssl-min-ver",
                                                      "track",
                                                      "verify",
                                                      "verifyhost"};

using Reason = std::pair<std::string_view, std::string_view>;
constexpr std::array kReasons{
    Reason{"maxconn",
           "a shard takes requests as they come, there is no queue; limits.connections "
           "bounds what comes in"},
    Reason{"minconn", "there is no queue before a shard"},
    Reason{"maxqueue", "there is no queue before a shard"},
    Reason{"slowstart", "a shard that came back takes no new rooms for shards.health.dampening"},
    Reason{
        "send-proxy",
        "shards get the client's address in X-Forwarded-For; shards.proxy_protocol sends version "
        "2 of the header"},
    Reason{"send-proxy-v2-ssl", "shards.proxy_protocol sends addresses alone"},
    Reason{"send-proxy-v2-ssl-cn", "shards.proxy_protocol sends addresses alone"},
    Reason{"proxy-v2-options", "shards.proxy_protocol sends addresses alone"},
    Reason{"cookie", "the room decides, not a cookie"},
    Reason{"observe", "refused connections count against an endpoint without it"},
    Reason{"track", "every shard is checked by itself"},
    Reason{"source", "the system chooses the source address"},
    Reason{"addr", "checks go to the shard's address; write its own url to shards.health.checks"},
    Reason{"fastinter", "one shards.health.interval counts in every state"},
    Reason{"downinter", "one shards.health.interval counts in every state"},
    Reason{"redir", "requests are forwarded, never redirected to a shard"},
    Reason{"proto", "shards are spoken to in HTTP/1.1"},
    Reason{"alpn", "shards are spoken to in HTTP/1.1"},
    Reason{"crt", "shards do not ask for a certificate; let them listen without"},
    Reason{"check-ssl", "a check whose url begins with https:// speaks TLS"},
    Reason{"socks4", "shards are connected to directly"},
    Reason{"namespace", "run the router in that network namespace"},
    Reason{"resolve-prefer", "all addresses of a target are used"},
    Reason{"agent-inter", "agents are asked every shards.health.interval"}};

}  // namespace

void ReadServerOptions(const Directive& directive, size_t n, ServerOptions& options) {
  for (; n < directive.words.size(); ++n) {
    const std::string& name = directive.words[n].text;
    ServerOption option{.value = {}, .from = &directive};
    const bool has_value =
        std::find(kWithValue.begin(), kWithValue.end(), name) != kWithValue.end();
    if (has_value || name == "weight") option.value = directive.At(++n);
    if (name == "no-check") options.erase("check");
    if (name == "enabled") options.erase("disabled");
    if (name == "no-backup") options.erase("backup");
    if (name == "no-ssl") options.erase("ssl");
    if (name == "no-send-proxy-v2") options.erase("send-proxy-v2");
    options[name] = std::move(option);
  }
}

std::string ValueOf(const ServerOptions& options, std::string_view name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second.value;
}

std::string_view WhyNot(std::string_view option) {
  const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                  [option](const Reason& one) { return one.first == option; });
  return found == kReasons.end() ? std::string_view() : found->second;
}

}  // namespace room_router::config::haproxy
