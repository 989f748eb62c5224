// SPDX-License-Identifier: Apache-2.0
// Where requests go: discovery, static shards, health checks.
#include <algorithm>
#include <set>

#include "config/choices.h"
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
  form.Scalar("ca", tls.ca, Text{});
  form.Scalar("verify", tls.verify, Flag{});
  form.Scalar("server_name", tls.server_name, Text{OptionalHostNameRule});
  form.Unavailable(tls.enabled, "enabled",
                   "let the shards listen without TLS in a trusted network, write false");
}

template <class Form>
void DescribeCheck(Form& form, HealthCheck& check) {
  using Type = HealthCheck::Type;
  form.Scalar("type", check.type, Choice{kCheckTypeWords});
  form.Scalar("url", check.url, Text{CheckUrlRule});
  form.Scalars("expect", check.expect, Statuses{});
  form.Scalars("soft", check.soft, Whole{.min = 100, .max = 599});
  form.Map("header", check.header, Text{EditableHeaderRule}, Text{HeaderValueRule});
  form.Require(check.type == Type::kTcp || !check.url.empty() || form.Failed("type"), "url",
               "is missing; an http check needs one, such as http://{address}/");
  form.Require(check.type == Type::kHttp || check.url.empty() || form.Failed("type"), "url",
               "a tcp check has no URL; write type: http or remove it");
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
  form.Scalar("initial_state", shards.initial_drain, Choice{kInitialStateWords});
  bool least_outstanding = true;
  form.Scalar("balance", least_outstanding, Choice{kBalanceWords});
  form.Section("health", [&shards](auto& section) { Describe(section, shards.health); });
}

template void Describe(Reader&, Health&);
template void Describe(Writer&, Health&);
template void Describe(Reader&, Shards&);
template void Describe(Writer&, Shards&);

}  // namespace room_router::config
