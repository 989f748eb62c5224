// SPDX-License-Identifier: Apache-2.0
// Peers, bridges, drain, logging, error pages, and the file as a whole.
#include "config/choices.h"
#include "config/error_file.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "config/sections.h"
#include "config/text_rules.h"
#include "config/writer.h"

namespace room_router::config {
namespace {

template <class Form>
void DescribeHaproxyPeers(Form& form, Peers& peers) {
  form.Scalar("listen", peers.haproxy_listen, Address{.optional = true});
  form.Scalar("local_name", peers.haproxy_local_name, Text{OptionalNameRule});
  form.List("peers", peers.haproxy_peers, [](auto& item, auto& peer) {
    item.Scalar("name", peer.first, Text{NameRule});
    item.Scalar("address", peer.second, Address{});
    item.Require(!peer.first.empty(), "name", "is missing; write the peer's name in HAProxy");
    item.Require(!peer.second.empty(), "address", "is missing; write for example 10.0.0.7:1024");
  });
  constexpr const char* kInstead = "HAProxy and this router cannot share a table yet; remove this";
  form.Unavailable(!peers.haproxy_listen.empty(), "listen", kInstead);
  form.Unavailable(!peers.haproxy_peers.empty(), "peers", kInstead);
}

}  // namespace

template <class Form>
void Describe(Form& form, Peers& peers) {
  form.Scalar("listen", peers.listen, Address{.optional = true});
  form.Scalar("cluster", peers.cluster, Text{NameRule});
  form.Section("discovery", [&peers](auto& discovery) {
    discovery.Scalars("srv", peers.srv, Text{SrvNameRule});
    discovery.Scalars("static", peers.static_peers, Text{HostPortRule});
  });
  form.Section("tls", [&peers](auto& tls) {
    tls.Scalar("psk_file", peers.psk_file, Text{});
    tls.Scalar("certificate", peers.certificate, Text{});
    tls.Scalar("key", peers.key, Text{});
    tls.Scalar("ca", peers.ca, Text{});
    tls.Require(peers.certificate.empty() == peers.key.empty(), "certificate",
                "certificate and key belong together; write both or neither");
    tls.Require(peers.psk_file.empty() || peers.certificate.empty(), "psk_file",
                "write either psk_file or certificate and key");
  });
  form.Scalar("insecure", peers.insecure, Flag{});
  form.Scalar("sync_timeout", peers.sync_timeout, Period{});
  form.Section("haproxy", [&peers](auto& section) { DescribeHaproxyPeers(section, peers); });
  form.Unavailable(!peers.listen.empty(), "listen",
                   "run one replica and write \"\", or remove this");
  form.Advise(!peers.listen.empty() || (peers.srv.empty() && peers.static_peers.empty()),
              "discovery", "is not used while listen is empty");
}

template <class Form>
void Describe(Form& form, Bridges& bridges) {
  form.Scalar("enabled", bridges.enabled, Flag{});
  form.Scalars("srv", bridges.srv, Text{SrvNameRule});
  form.Scalar("port", bridges.port, Whole{.min = 1, .max = 65535});
  form.Unavailable(bridges.enabled, "enabled",
                   "let clients use the bridges' data channels (SCTP) instead, write false");
}

template <class Form>
void Describe(Form& form, Drain& drain) {
  form.Scalar("accept_for", drain.accept_for, Period{.min = 0ms});
  form.Scalar("max", drain.max, Period{.min = 0ms});
  form.Require(drain.max >= drain.accept_for || form.Failed("accept_for"), "max",
               "must not be below accept_for");
}

template <class Form>
void Describe(Form& form, Logging& logging) {
  form.Scalar("level", logging.level, Choice{kLogLevelWords});
  form.Section("access", [&logging](auto& access) {
    access.Scalar("format", logging.access.format, Choice{kAccessFormatWords});
    access.Scalar("output", logging.access.output, Text{NotEmptyRule});
    access.Scalar("room_names", logging.access.room_names, Choice{kRoomNamesWords});
    access.Scalar("sample", logging.access.sample, Number{.min = 0, .max = 1});
  });
}

template <class Form>
void DescribeErrors(Form& form, Config& config) {
  ErrorFile file{.directory = form.directory(), .bodies = {}};
  form.Map("errors", config.errors, Whole{.min = 400, .max = 599}, file);
  for (const auto& [status, path] : config.errors) {
    const auto body = file.bodies.find(path);
    if (body != file.bodies.end()) config.error_bodies[status] = body->second;
  }
}

template <class Form>
void Describe(Form& form, Config& config) {
  form.Scalar("version", config.version, Whole{});
  form.Require(config.version == 1, "version", "this room-router reads version 1; write 1");
  form.Section("node", [&](auto& section) { Describe(section, config.node); });
  DescribeListeners(form, config);
  form.Scalars("trusted_proxies", config.trusted_proxies, Range{});
  form.Section("admin", [&](auto& section) { DescribeAdmin(section, config); });
  form.Section("timeouts", [&](auto& section) { Describe(section, config.timeouts); });
  form.Section("limits", [&](auto& section) { Describe(section, config.limits); });
  form.Scalar("retries", config.retries, Whole{.max = 10});
  form.Section("room_key", [&](auto& section) { Describe(section, config.room_key); });
  form.Section("headers", [&](auto& section) { Describe(section, config.headers); });
  form.Section("shards", [&](auto& section) { Describe(section, config.shards); });
  form.Require(!config.shards.discovery.srv.empty() || !config.shards.static_shards.empty(),
               "shards", "nothing to route to; write discovery.srv or static");
  form.Section("placement", [&](auto& section) { Describe(section, config.placement); });
  form.Section("stick_table", [&](auto& section) { Describe(section, config.stick_table); });
  form.Section("peers", [&](auto& section) { Describe(section, config.peers); });
  DescribePinsAndBans(form, config);
  form.Section("bridges", [&](auto& section) { Describe(section, config.bridges); });
  form.Section("drain", [&](auto& section) { Describe(section, config.drain); });
  form.Section("logging", [&](auto& section) { Describe(section, config.logging); });
  DescribeErrors(form, config);
}

template void Describe(Reader&, Config&);
template void Describe(Writer&, Config&);

}  // namespace room_router::config
