// SPDX-License-Identifier: Apache-2.0
// Where requests go: discovery, static shards, health checks.
#include <algorithm>
#include <set>

#include "config/choices.h"
#include "config/client_tls.h"
#include "config/peer_file.h"
#include "config/pem.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "config/sections.h"
#include "config/text_rules.h"
#include "config/writer.h"

namespace room_router::config {
namespace {

template <class Form>
void DescribeDiscovery(Form& form, ShardDiscovery& discovery) {
  form.Scalars("srv", discovery.srv, Text{SrvNameRule});
  form.Scalars("resolvers", discovery.resolvers,
               Address{.default_port = 53, .name_hint = "; a resolver is not looked up by name"});
  form.Section("refresh", [&discovery](auto& refresh) {
    refresh.Scalar("min", discovery.refresh_min, Period{.min = 100ms});
    refresh.Scalar("max", discovery.refresh_max, Period{.min = 100ms});
    refresh.Require(discovery.refresh_max >= discovery.refresh_min || refresh.Failed("min"), "max",
                    "must not be below min");
  });
  form.Scalar("obsolete", discovery.obsolete, Period{.min = 0ms});
}

template <class Form>
void DescribeStatic(Form& form, StaticShard& shard) {
  SocketAddress address = shard.addresses.empty() ? SocketAddress() : shard.addresses.front();
  form.Scalar("name", shard.name, Text{NameRule});
  form.Scalar("address", address,
              Address{.name_hint = "; static takes no host names, use discovery.srv for those"});
  form.Scalar("weight", shard.weight, Number{.min = 0, .max = 256});
  form.Scalar("region", shard.region, Text{HeaderValueRule});
  form.Scalar("release", shard.release, Text{HeaderValueRule});
  form.Scalar("priority", shard.priority, Whole{.max = 65535});
  form.Require(!shard.name.empty(), "name", "is missing; write for example name: shard-0");
  form.Require(!address.empty(), "address", "is missing; write for example 10.0.0.7:80");
  shard.addresses = {address};
}

// `rule` is a ShardName or a ShardLabel.
template <class Form, class Rule>
void DescribeReplacement(Form& form, Rule& rule) {
  form.Scalar("pattern", rule.pattern, Text{RegexRule});
  form.Scalar("replace", rule.replace, Text{NotEmptyRule});
  const int groups = GroupCount(rule.pattern);
  int highest = 0;
  for (size_t at = rule.replace.find('$'); at != std::string::npos && at + 1 < rule.replace.size();
       at = rule.replace.find('$', at + 1)) {
    const char digit = rule.replace[at + 1];
    if (digit >= '0' && digit <= '9') highest = std::max(highest, digit - '0');
  }
  form.Require(highest <= groups || rule.pattern.empty() || form.Failed("pattern"), "replace",
               "refers to $" + std::to_string(highest) + ", but the groups of the pattern number " +
                   std::to_string(groups));
}

template <class Form>
void DescribeLabel(Form& form, ShardLabel& label) {
  form.Scalar("from", label.from, Choice{kLabelSourceWords});
  DescribeReplacement(form, label);
}

template <class Form>
void DescribeTls(Form& form, ShardTls& tls) {
  form.Scalar("enabled", tls.enabled, Flag{});
  form.Scalar("ca", tls.ca,
              PeerFile{.directory = form.directory(),
                       .wanted = true,
                       .take = Keep(tls.ca_pem, CertificateProblem)});
  form.Scalar("verify", tls.verify, Flag{});
  form.Scalar("server_name", tls.server_name, Text{OptionalHostNameRule});
  form.Advise(!tls.enabled || tls.verify, "verify",
              "whoever is on the way to a shard can pretend to be it; name its authority in ca and "
              "write true");
  form.Advise(tls.verify || tls.ca.empty(), "ca", "is not used with verify: false");
  const bool asks_system = tls.enabled && tls.verify && tls.ca.empty();
  form.Advise(!asks_system || !ClientTls::SystemAuthorities().empty(), "enabled",
              "this system has no file of authorities, and no shard will be trusted; name one in "
              "ca");
}

// A check that does not speak as the endpoint does finds it broken for ever.
bool SpeaksAsShards(const HealthCheck& check, const ShardTls& tls) {
  constexpr std::string_view kOwnPort = "http://{address}";
  if (!tls.enabled || !check.url.starts_with(kOwnPort)) return true;
  return check.url.substr(kOwnPort.size()).starts_with(':');
}

template <class Form>
void DescribeCheck(Form& form, HealthCheck& check) {
  using Type = HealthCheck::Type;
  form.Scalar("type", check.type, Choice{kCheckTypeWords});
  form.Scalar("url", check.url, Text{CheckUrlRule});
  form.Scalar("host", check.host, Text{CheckHostRule});
  form.Scalar("port", check.port, Whole{.max = 65535});
  form.Scalar("send", check.send, Text{PlaceholdersRule});
  form.Scalars("expect", check.expect, Statuses{});
  form.Scalars("soft", check.soft, Whole{.min = 100, .max = 599});
  form.Map("header", check.header, Text{EditableHeaderRule}, Text{HeaderValueRule});
  form.Require(check.type != Type::kHttp || !check.url.empty() || form.Failed("type"), "url",
               "is missing; an http check needs one, such as http://{address}/");
  form.Require(check.type == Type::kHttp || check.url.empty() || form.Failed("type"), "url",
               "only an http check has a URL; write type: http or remove it");
  form.Require(check.type != Type::kHttp || check.host.empty(), "host",
               "an http check names its host in the url; write it there");
  form.Require(check.type != Type::kHttp || check.port == 0, "port",
               "an http check names its port in the url, such as http://{address}:5280/");
  form.Require(check.type != Type::kAgent || check.port != 0 || form.Failed("type"), "port",
               "is missing; write the port the agent listens on, such as 9777");
  form.Require(check.type == Type::kAgent || check.send.empty() || form.Failed("type"), "send",
               "only an agent is sent something; write type: agent or remove it");
  form.Require(!check.expect.empty(), "expect", "must not be empty; write for example 200-399");
}

}  // namespace

template <class Form>
void Describe(Form& form, Health& health) {
  form.List("checks", health.checks,
            [](auto& item, HealthCheck& check) { DescribeCheck(item, check); });
  form.Scalar("interval", health.interval, Period{.min = 10ms});
  form.Scalar("timeout", health.timeout, Period{});
  form.Scalar("rise", health.rise, Whole{.min = 1, .max = 100});
  form.Scalar("fall", health.fall, Whole{.min = 1, .max = 100});
  form.Scalar("soft_down_grace", health.soft_down_grace, Period{.min = 0ms});
  form.Scalar("dampening", health.dampening, Period{.min = 0ms});
  form.Scalar("agreement", health.agreement, Choice{kAgreementWords});
  form.Require(!health.checks.empty(), "checks",
               "must not be empty; {type: tcp} is the least a check can be");
  const auto agents = std::count_if(
      health.checks.begin(), health.checks.end(),
      [](const HealthCheck& check) { return check.type == HealthCheck::Type::kAgent; });
  form.Require(health.checks.empty() || agents < std::ssize(health.checks) || form.Failed("checks"),
               "checks", "an agent does not say whether it can be reached; add {type: tcp}");
  form.Require(agents < 2 || form.Failed("checks"), "checks",
               "has more than one agent; an endpoint listens to one, remove the others");
  form.Advise(health.timeout <= health.interval, "timeout",
              "is longer than interval; checks will be further apart than interval says");
}

template <class Form>
void Describe(Form& form, Shards& shards) {
  form.Section("discovery", [&](auto& section) { DescribeDiscovery(section, shards.discovery); });
  std::set<std::pair<std::string, std::string>> seen;
  form.List("static", shards.static_shards, [&seen](auto& item, StaticShard& shard) {
    DescribeStatic(item, shard);
    item.Require(seen.emplace(shard.name, shard.addresses.front().ToString()).second ||
                     item.Failed("name") || shard.name.empty(),
                 "address", "this shard has this address already; remove one");
  });
  form.Section("name", [&shards](auto& section) { DescribeReplacement(section, shards.name); });
  form.Section("region", [&shards](auto& section) { DescribeLabel(section, shards.region); });
  form.Section("release", [&shards](auto& section) { DescribeLabel(section, shards.release); });
  form.Section("tls", [&shards](auto& section) { DescribeTls(section, shards.tls); });
  form.Scalar("proxy_protocol", shards.proxy_protocol, Flag{});
  form.Scalar("initial_state", shards.initial_drain, Choice{kInitialStateWords});
  bool least_outstanding = true;
  form.Scalar("balance", least_outstanding, Choice{kBalanceWords});
  form.Section("health", [&shards](auto& section) { Describe(section, shards.health); });
  form.Advise(std::ranges::all_of(shards.health.checks,
                                  [&shards](const HealthCheck& check) {
                                    return SpeaksAsShards(check, shards.tls);
                                  }),
              "health",
              "a check asks http://{address} of shards that speak TLS; write https://{address} or "
              "the port of something that does not");
}

template void Describe(Reader&, Health&);
template void Describe(Writer&, Health&);
template void Describe(Reader&, Shards&);
template void Describe(Writer&, Shards&);

}  // namespace room_router::config
