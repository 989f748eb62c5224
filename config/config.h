// SPDX-License-Identifier: Apache-2.0
// Every setting of room-router as plain values, one struct per part of the YAML file, with its
// default and unit. The names are those of the file (docs/configuration.md).
//
// A Config is immutable once loaded; parts take a const reference or copy their own struct. What
// load.h returns has passed validation: nobody downstream checks again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/clock.h"
#include "config/limits.h"
#include "config/listener_tls.h"
#include "config/process.h"
#include "config/secret.h"
#include "config/socket_address.h"

namespace room_router::config {

using namespace std::chrono_literals;

enum class RoomNames : uint8_t { kPlain, kHashed, kAbsent };  // how room names are shown

struct Node {
  std::string name;
  std::string region;
  int threads = 0;  // 0 = auto: one per usable core (affinity and cgroup quota)
  friend bool operator==(const Node&, const Node&) = default;
};

struct Listener {
  SocketAddress address;
  bool proxy_protocol = false;
  uint64_t connections = 0;  // at once; 0 = unlimited
  ListenerTls tls;
  friend bool operator==(const Listener&, const Listener&) = default;
};

enum class AdminLevel : uint8_t { kUser, kOperator, kAdmin };

struct AdminSocket {
  std::string path;       // unix socket when not empty,
  SocketAddress address;  // else loopback TCP
  unsigned mode = 0600;
  AdminLevel level = AdminLevel::kAdmin;
  friend bool operator==(const AdminSocket&, const AdminSocket&) = default;
};

struct Dashboard {
  bool enabled = true;
  bool actions = false;
  RoomNames room_names = RoomNames::kPlain;
  friend bool operator==(const Dashboard&, const Dashboard&) = default;
};

struct Admin {
  SocketAddress http;  // empty = off
  std::vector<AdminSocket> sockets;
  Dashboard dashboard;
  std::string token_file;
  bool haproxy_metrics = false;
  friend bool operator==(const Admin&, const Admin&) = default;
};

struct Timeouts {
  Duration client_header = 10s;
  Duration client_idle = 60s;
  Duration connect = 5s;
  Duration server_response = 90s;
  Duration tunnel_idle = 1h;
  Duration half_closed = 30s;
  Duration upstream_idle = 55s;
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

enum class RoomKeyMode : uint8_t { kJitsi, kQuery };
enum class Keepalive : uint8_t { kLocal, kForward };

// Names of the endpoint classes as written in `room_key.endpoints`.
enum class EndpointClass : uint8_t {
  kSignalling,
  kPage,
  kStatic,
  kWhiteboard,
  kEtherpad,
  kBridge,
  kUnlock
};

struct RoomKey {
  RoomKeyMode mode = RoomKeyMode::kJitsi;
  std::string query_parameter = "room";
  Keepalive keepalive = Keepalive::kLocal;
  bool force_shard = false;
  struct Tenant {
    bool from_path = true;
    std::string from_host;  // suffix such as ".meet.example.org"
    friend bool operator==(const Tenant&, const Tenant&) = default;
  } tenant;
  std::map<std::string, EndpointClass> endpoints;  // path below the tenant → class
  friend bool operator==(const RoomKey&, const RoomKey&) = default;
};

struct HeaderEdits {
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::string> remove;
  friend bool operator==(const HeaderEdits&, const HeaderEdits&) = default;
};

struct Headers {
  std::string shard = "X-Jitsi-Shard", region = "X-Jitsi-Region", release = "X-Jitsi-Release";
  std::string room = "Room", request_id = "X-Request-Id";
  HeaderEdits request, response;
  friend bool operator==(const Headers&, const Headers&) = default;
};

struct StaticShard {
  std::string name;
  std::vector<SocketAddress> addresses;  // one entry per endpoint; several items may share a name
  double weight = 100;
  std::string region, release;
  int priority = 0;  // lower is better, as in SRV
  friend bool operator==(const StaticShard&, const StaticShard&) = default;
};

struct ShardDiscovery {
  std::vector<std::string> srv;
  std::vector<SocketAddress> resolvers;  // empty = /etc/resolv.conf
  Duration refresh_min = 1s, refresh_max = 30s;
  Duration obsolete = 30s;
  friend bool operator==(const ShardDiscovery&, const ShardDiscovery&) = default;
};

struct ShardName {
  std::string pattern = "^([^.]+)";  // ECMAScript regular expression over the SRV target
  std::string replace = "$1";
  friend bool operator==(const ShardName&, const ShardName&) = default;
};

// Where a shard's region or release stands written: in the SRV target or in the SRV name asked for.
struct ShardLabel {
  enum class Source : uint8_t { kTarget, kSrv } from = Source::kTarget;
  std::string pattern;  // as in ShardName; empty = none
  std::string replace = "$1";
  friend bool operator==(const ShardLabel&, const ShardLabel&) = default;
};

struct ShardTls {
  bool enabled = false;
  std::string ca, ca_pem;  // file, what it holds; empty = the authorities of the system
  bool verify = true;
  std::string server_name;
  friend bool operator==(const ShardTls&, const ShardTls&) = default;
};

struct StatusRange {
  int first = 200, last = 399;
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

struct HealthCheck {
  enum class Type : uint8_t { kTcp, kHttp, kAgent } type = Type::kTcp;
  std::string url;    // {address} {shard} {namespace} are filled in; http only
  std::string host;   // tcp and agent: whom to connect to; empty = the endpoint's address
  uint16_t port = 0;  // 0 = the endpoint's; an agent always has its own
  std::string send;   // what the agent is told, without the line feed after it
  std::vector<StatusRange> expect{{}};
  std::vector<int> soft;  // statuses that count as soft failure, e.g. 503
  std::vector<std::pair<std::string, std::string>> header;
  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

enum class Agreement : uint8_t { kMajority, kLocal };

struct Health {
  std::vector<HealthCheck> checks{{}};
  Duration interval = 2s, timeout = 1s;
  int rise = 2, fall = 3;
  Duration soft_down_grace = 120s, dampening = 30s;
  Agreement agreement = Agreement::kMajority;
  bool HasAgent() const {
    return std::any_of(checks.begin(), checks.end(),
                       [](auto& check) { return check.type == HealthCheck::Type::kAgent; });
  }
  friend bool operator==(const Health&, const Health&) = default;
};

struct Shards {
  ShardDiscovery discovery;
  std::vector<StaticShard> static_shards;
  ShardName name;
  ShardLabel region, release;
  ShardTls tls;
  bool proxy_protocol = false;  // v2, towards shards
  bool initial_drain = false;   // initial_state: ready | drain
  Health health;
  friend bool operator==(const Shards&, const Shards&) = default;
};

enum class PlacementAlgorithm : uint8_t {
  kRendezvous,
  kBoundedRendezvous,
  kLeastRooms,
  kRoundRobin
};

struct Placement {
  PlacementAlgorithm algorithm = PlacementAlgorithm::kBoundedRendezvous;
  double balance_factor = 1.5;
  friend bool operator==(const Placement&, const Placement&) = default;
};

struct StickTable {
  std::string name = "jitsi-meet";
  size_t size = 200'000;  // entries
  Duration expire = 5min;
  size_t display_bytes = 64;
  bool heal_close = true;  // heal: close | report
  friend bool operator==(const StickTable&, const StickTable&) = default;
};

// What the files of peers.tls hold, read while loading: shared keys, or a certificate with its key
// and those who sign certificates. All empty: gossip is off, or not protected.
struct PeerCredentials {
  std::vector<Secret> shared_keys;  // bytes; one or two, the first is used, all are accepted
  std::string certificate;          // PEM
  Secret key;
  std::string ca;
  bool empty() const { return shared_keys.empty() && certificate.empty(); }
  friend bool operator==(const PeerCredentials&, const PeerCredentials&) = default;
};

struct Peers {
  SocketAddress listen;  // empty = single replica
  std::string cluster = "default";
  std::vector<std::string> srv, static_peers;
  std::string psk_file, certificate, key, ca;
  PeerCredentials credentials;
  bool insecure = false;
  Duration sync_timeout = 10s;
  using HaproxyPeer = std::pair<std::string, SocketAddress>;  // name, address
  enum class ServerKey : uint8_t { kAuto, kName, kAddress };  // what HAProxy calls a server by
  SocketAddress haproxy_listen;
  std::string haproxy_local_name;  // empty = node.name
  std::vector<HaproxyPeer> haproxy_peers;
  ServerKey haproxy_server_key = ServerKey::kAuto;
  friend bool operator==(const Peers&, const Peers&) = default;
};

struct Pin {
  std::string tenant, room;            // exactly one is set
  std::string shard, release, region;  // exactly one is set
  friend bool operator==(const Pin&, const Pin&) = default;
};

struct Ban {
  std::string room, tenant, prefix;  // exactly one is set
  std::string action = "redirect";   // redirect: pages go to "/", the rest gets 403; 403: all
  friend bool operator==(const Ban&, const Ban&) = default;
};

struct StaticBridge {
  std::string id;  // JVB's server id, exactly as it stands in the path
  SocketAddress address;
  friend bool operator==(const StaticBridge&, const StaticBridge&) = default;
};

struct Bridges {
  bool enabled = false;
  std::vector<std::string> srv;
  std::vector<StaticBridge> static_bridges;
  uint16_t port = 0;  // 0 = that of the SRV record
  friend bool operator==(const Bridges&, const Bridges&) = default;
};

struct Drain {
  Duration accept_for = 10s, max = 300s;
  friend bool operator==(const Drain&, const Drain&) = default;
};

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
enum class AccessFormat : uint8_t { kJson, kHttplog, kOff };

struct AccessLog {
  AccessFormat format = AccessFormat::kJson;
  std::string output = "stdout";  // stdout | stderr | a file's path
  RoomNames room_names = RoomNames::kPlain;
  double sample = 1.0;  // share of requests logged, 0 … 1; errors always are
  friend bool operator==(const AccessLog&, const AccessLog&) = default;
};

struct Logging {
  LogLevel level = LogLevel::kInfo;
  AccessLog access;
  friend bool operator==(const Logging&, const Logging&) = default;
};

struct Config {
  int version = 1;
  Node node;
  Process process;
  std::vector<Listener> listeners;
  std::vector<AddressRange> trusted_proxies;
  Admin admin;
  Timeouts timeouts;
  Limits limits;
  int retries = 3;
  RoomKey room_key;
  Headers headers;
  Shards shards;
  Placement placement;
  StickTable stick_table;
  Peers peers;
  std::vector<Pin> pins;
  std::vector<Ban> bans;
  Bridges bridges;
  Drain drain;
  Logging logging;
  std::map<int, std::string> errors;        // status → path of the body
  std::map<int, std::string> error_bodies;  // status → the file's content, read while loading
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace room_router::config
