// SPDX-License-Identifier: Apache-2.0
// Peers, bridges, drain, logging, error pages, and the file as a whole.
#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include "config/choices.h"
#include "config/error_file.h"
#include "config/peer_file.h"
#include "config/pem.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "config/sections.h"
#include "config/shared_keys.h"
#include "config/text_rules.h"
#include "config/writer.h"

namespace room_router::config {
namespace {

template <class Items, class Part>
bool AreDistinct(const Items& items, Part part) {
  for (auto item = items.begin(); item != items.end(); ++item) {
    const auto same = [&](const auto& other) { return other.*part == (*item).*part; };
    if (std::any_of(items.begin(), item, same)) return false;
  }
  return true;
}

template <class Form>
void DescribeHaproxyPeers(Form& form, Peers& peers) {
  form.Scalar("listen", peers.haproxy_listen, Address{.optional = true});
  form.Scalar("local_name", peers.haproxy_local_name, Text{OptionalNameRule});
  form.Scalar("server_key", peers.haproxy_server_key, Choice{kServerKeyWords});
  form.List("peers", peers.haproxy_peers, [](auto& item, auto& peer) {
    item.Scalar("name", peer.first, Text{NameRule});
    item.Scalar("address", peer.second, Address{});
    item.Require(!peer.first.empty(), "name", "is missing; write the peer's name in HAProxy");
    item.Require(!peer.second.empty(), "address", "is missing; write for example 10.0.0.7:1024");
  });
  form.Require(AreDistinct(peers.haproxy_peers, &Peers::HaproxyPeer::first), "peers",
               "names a peer twice; write each of them once");
  form.Require(AreDistinct(peers.haproxy_peers, &Peers::HaproxyPeer::second), "peers",
               "gives two peers one address; write the address of each");
  form.Require(peers.haproxy_listen.empty() || !peers.haproxy_peers.empty(), "listen",
               "nobody may call; name the HAProxy processes in peers, or write \"\"");
  form.Advise(!peers.haproxy_listen.empty() || peers.haproxy_peers.empty(), "peers",
              "HAProxy cannot call this replica, only be called; write listen, such as "
              "0.0.0.0:1024");
}

bool IsTaken(const Config& config, const SocketAddress& address) {
  if (address.empty()) return false;
  const auto has_it = [&address](const auto& one) { return one.address == address; };
  return config.admin.http == address || std::ranges::any_of(config.listeners, has_it) ||
         std::ranges::any_of(config.admin.sockets, has_it);
}

// What sharing rooms with HAProxy asks of the rest.
template <class Form>
void RequireForHaproxy(Form& form, const Config& config) {
  const Peers& peers = config.peers;
  const bool taken = IsTaken(config, peers.haproxy_listen) ||
                     (!peers.listen.empty() && peers.listen == peers.haproxy_listen);
  form.Require(!taken, "peers",
               "haproxy.listen is the address of something else; choose another port");
  constexpr size_t kHaproxyKey = 128;
  const bool off = peers.haproxy_peers.empty();
  form.Advise(off || config.stick_table.display_bytes >= kHaproxyKey, "stick_table",
              "rooms with names over display_bytes cannot be told to HAProxy; write "
              "display_bytes: 128");
  const bool tenants =
      config.room_key.mode == RoomKeyMode::kJitsi &&
      (config.room_key.tenant.from_path || !config.room_key.tenant.from_host.empty());
  form.Advise(off || !tenants, "peers",
              "HAProxy keeps rooms by ?room= alone, here tenants count too; if there are tenants, "
              "write room_key: {tenant: {from_path: false}} while haproxy.peers are there");
}

// The file is read when gossip is on.
template <class Form>
PeerFile FileOf(const Form& form, const Peers& peers, std::function<std::string(Secret)> take) {
  return {.directory = form.directory(), .wanted = !peers.listen.empty(), .take = std::move(take)};
}

// What the files have to do with each other.
template <class Form>
void RequireMatchingFiles(Form& form, const Peers& peers) {
  const PeerCredentials& files = peers.credentials;
  form.Require(
      peers.certificate.empty() || !peers.ca.empty(), "ca",
      "is missing; name the file with the authority that signs the replicas' certificates");
  form.Require(peers.ca.empty() || !peers.certificate.empty(), "ca",
               "is only used with certificate and key; write them too, or remove this");
  if (files.certificate.empty() || form.Failed("certificate")) return;
  form.Require(files.key.empty() || BelongTogether(files.certificate, files.key.view()), "key",
               "is not the key of the certificate; name the files that were made together");
  const std::string why = WhyRefused(files.certificate, files.ca);
  form.Advise(why.empty() || form.Failed("ca"), "certificate",
              "other replicas will refuse it (" + why + "); get one that ca has signed, for both " +
                  "client and server authentication");
}

template <class Form>
void DescribePeerTls(Form& form, Peers& peers) {
  PeerCredentials& files = peers.credentials;
  const PeerFile shared = FileOf(form, peers, [&files](const Secret& text) {
    return ParseSharedKeys(text.view(), files.shared_keys);
  });
  const PeerFile key = FileOf(form, peers, Keep(files.key, PrivateKeyProblem));
  const auto certificate = FileOf(form, peers, Keep(files.certificate, CertificateProblem));
  form.Scalar("psk_file", peers.psk_file, shared);
  form.Scalar("certificate", peers.certificate, certificate);
  form.Scalar("key", peers.key, key);
  form.Scalar("ca", peers.ca, FileOf(form, peers, Keep(files.ca, CertificateProblem)));
  form.Require(peers.certificate.empty() == peers.key.empty(), "certificate",
               "certificate and key belong together; write both or neither");
  form.Require(peers.psk_file.empty() || peers.certificate.empty(), "psk_file",
               "write either psk_file or certificate and key");
  if (!peers.listen.empty()) RequireMatchingFiles(form, peers);
  form.Advise(!shared.exposed, "psk_file", kExposedFile);
  form.Advise(!key.exposed, "key", kExposedFile);
}

// How gossip is protected, once it is on.
template <class Form>
void RequireProtection(Form& form, const Peers& peers) {
  const bool files = !peers.psk_file.empty() || !peers.certificate.empty();
  form.Require(
      files || peers.insecure || form.Failed("insecure"), "tls",
      "nothing protects gossip, and who reaches its port could move rooms; write psk_file, "
      "or certificate, key and ca; in a closed network insecure: true does without");
  form.Require(!files || !peers.insecure || form.Failed("tls"), "insecure",
               "the files of tls protect gossip; write false, or remove the files");
  form.Advise(!peers.srv.empty() || !peers.static_peers.empty(), "discovery",
              "names nobody; this replica waits for others to come, write srv or static");
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
  form.Section("tls", [&peers](auto& tls) { DescribePeerTls(tls, peers); });
  form.Scalar("insecure", peers.insecure, Flag{});
  form.Scalar("sync_timeout", peers.sync_timeout, Period{});
  form.Section("haproxy", [&peers](auto& section) { DescribeHaproxyPeers(section, peers); });
  if (!peers.listen.empty()) RequireProtection(form, peers);
  form.Advise(!peers.listen.empty() || (peers.srv.empty() && peers.static_peers.empty()),
              "discovery", "is not used while listen is empty");
}

template <class Form>
void DescribeStatic(Form& form, StaticBridge& bridge) {
  form.Scalar("id", bridge.id, Text{NameRule});
  form.Scalar("address", bridge.address,
              Address{.default_port = 9090,
                      .name_hint = "; static takes no host names, use bridges.srv for those"});
  form.Require(!bridge.id.empty(), "id", "is missing; write the bridge's server id, such as jvb-0");
  form.Require(!bridge.address.empty(), "address", "is missing; write for example 10.0.0.7:9090");
}

template <class Form>
void Describe(Form& form, Bridges& bridges) {
  form.Scalar("enabled", bridges.enabled, Flag{});
  form.Scalars("srv", bridges.srv, Text{SrvNameRule});
  std::set<std::string> seen;
  form.List("static", bridges.static_bridges, [&seen](auto& item, StaticBridge& bridge) {
    DescribeStatic(item, bridge);
    item.Require(seen.insert(bridge.id).second || bridge.id.empty(), "id",
                 "another bridge has this id; every bridge needs its own");
  });
  form.Scalar("port", bridges.port, Whole{.max = 65535});
  form.Require(!bridges.enabled || !bridges.srv.empty() || !bridges.static_bridges.empty() ||
                   form.Failed("srv") || form.Failed("static"),
               "enabled", "there are no bridges to route to; write srv or static, or false");
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
  form.Section("process", [&](auto& section) { Describe(section, config.process); });
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
  form.Require(!IsTaken(config, config.peers.listen), "peers",
               "listeners or admin have the address of listen; choose another port");
  RequireForHaproxy(form, config);
  DescribePinsAndBans(form, config);
  form.Section("bridges", [&](auto& section) { Describe(section, config.bridges); });
  form.Section("drain", [&](auto& section) { Describe(section, config.drain); });
  form.Section("logging", [&](auto& section) { Describe(section, config.logging); });
  DescribeErrors(form, config);
}

template void Describe(Reader&, Config&);
template void Describe(Writer&, Config&);

}  // namespace room_router::config
