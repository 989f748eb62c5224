// SPDX-License-Identifier: Apache-2.0
// What faces clients and operators: listeners, admin plane, timeouts, limits.
#include <set>

#include "config/account.h"
#include "config/choices.h"
#include "config/peer_file.h"
#include "config/reader.h"
#include "config/scalars.h"
#include "config/sections.h"
#include "config/text_rules.h"
#include "config/token_file.h"
#include "config/writer.h"

namespace room_router::config {
namespace {

std::string TokenProblem(const Secret& content) {
  Secret token;
  return ParseToken(content.view(), token);
}

bool IsLoopback(const SocketAddress& address) {
  static const AddressRange v4 = *AddressRange::Parse("127.0.0.0/8");
  static const AddressRange v6 = *AddressRange::Parse("::1/128");
  return v4.Contains(address) || v6.Contains(address);
}

bool IsListener(const Config& config, const SocketAddress& address) {
  for (const Listener& listener : config.listeners) {
    if (address.port() != 0 && listener.address == address) return true;
  }
  return false;
}

template <class Form>
void DescribeSocket(Form& form, AdminSocket& socket) {
  form.Scalar("path", socket.path, Text{SocketPathRule});
  form.Scalar("address", socket.address, Address{.optional = true, .any_port = true});
  form.Scalar("mode", socket.mode, FileMode{});
  form.Scalar("level", socket.level, Choice{kAdminLevelWords});
  form.RequireHere(socket.path.empty() != socket.address.empty(),
                   "write either path (a unix socket) or address (loopback TCP)");
  form.Require(socket.address.empty() || IsLoopback(socket.address), "address",
               "is not a loopback address; the socket has no passwords, write 127.0.0.1:9999");
}

template <class Form>
void DescribeDashboard(Form& form, Dashboard& dashboard) {
  form.Scalar("enabled", dashboard.enabled, Flag{});
  form.Scalar("actions", dashboard.actions, Flag{});
  form.Scalar("room_names", dashboard.room_names, Choice{kRoomNamesWords});
}

}  // namespace

template <class Form>
void Describe(Form& form, Node& node) {
  form.Scalar("name", node.name, Text{NameRule});
  form.Scalar("region", node.region, Text{HeaderValueRule});
  form.Scalar("threads", node.threads, Whole{.min = 1, .max = 1024, .auto_is_zero = true});
}

template <class Form>
void Describe(Form& form, Process& process) {
  form.Scalar("user", process.user, Text{});
  form.Scalar("group", process.group, Text{});
  form.Scalar("sandbox", process.sandbox, Choice{kSandboxWords});
  const std::string no_user = UserProblem(process.user);
  form.Require(no_user.empty(), "user", no_user);
  const std::string no_group = GroupProblem(process.user, process.group);
  form.Require(no_group.empty() || form.Failed("user"), "group", no_group);
}

template <class Form>
void DescribeListeners(Form& form, Config& config) {
  std::set<std::string> seen;
  form.List("listeners", config.listeners, [&seen](auto& item, Listener& listener) {
    item.Scalar("address", listener.address, Address{.any_port = true});
    item.Scalar("proxy_protocol", listener.proxy_protocol, Flag{});
    item.Scalar("connections", listener.connections, Whole{});
    item.Section("tls", [&listener](auto& tls) { Describe(tls, listener.tls); });
    const SocketAddress& address = listener.address;
    item.Require(!address.empty(), "address", "is missing; write for example 0.0.0.0:8080");
    const bool is_new = address.port() == 0 || seen.insert(address.ToString()).second;
    item.Require(is_new, "address", "another listener has this address; remove one");
  });
  form.Require(!config.listeners.empty(), "listeners",
               "nothing to listen on; write - address: 0.0.0.0:8080 or remove the key");
}

template <class Form>
void DescribeAdmin(Form& form, Config& config) {
  Admin& admin = config.admin;
  form.Scalar("http", admin.http, Address{.optional = true, .any_port = true});
  form.Require(!IsListener(config, admin.http), "http",
               "a listener has this address; choose another port");
  std::set<std::string> seen;
  form.List("sockets", admin.sockets, [&](auto& item, AdminSocket& socket) {
    DescribeSocket(item, socket);
    if (!socket.path.empty()) {
      item.Require(seen.insert(socket.path).second, "path",
                   "another socket has this path; remove one");
    } else if (socket.address.port() != 0) {
      const bool is_new = seen.insert(socket.address.ToString()).second;
      item.Require(is_new && !IsListener(config, socket.address) && socket.address != admin.http,
                   "address", "this address is in use already; choose another port");
    }
  });
  form.Section("dashboard", [&](auto& section) { DescribeDashboard(section, admin.dashboard); });
  const PeerFile token{.directory = form.directory(), .wanted = true, .take = TokenProblem};
  form.Scalar("token_file", admin.token_file, token);
  form.Advise(
      !token.exposed, "token_file",
      "everybody on this machine can read the file, or its group change it; set its mode to "
      "0600, or 0640 for a group of the router's own");
  form.Advise(!admin.dashboard.actions || !admin.token_file.empty() || form.Failed("token_file"),
              "dashboard", "its actions are refused until token_file names a file with a token");
  form.Scalar("haproxy_metrics", admin.haproxy_metrics, Flag{});
}

template <class Form>
void Describe(Form& form, Timeouts& timeouts) {
  form.Scalar("client_header", timeouts.client_header, Period{});
  form.Scalar("client_idle", timeouts.client_idle, Period{});
  form.Scalar("connect", timeouts.connect, Period{});
  form.Scalar("server_response", timeouts.server_response, Period{});
  form.Scalar("tunnel_idle", timeouts.tunnel_idle, Period{});
  form.Scalar("half_closed", timeouts.half_closed, Period{});
  form.Scalar("upstream_idle", timeouts.upstream_idle, Period{});
}

template <class Form>
void Describe(Form& form, Limits& limits) {
  form.Scalar("connections", limits.connections,
              Whole{.min = 1, .max = 100'000'000, .auto_is_zero = true});
  form.Scalar("connections_per_ip", limits.connections_per_ip, Whole{});
  form.Scalar("connection_rate", limits.connection_rate, PerTime{});
  form.Scalar("request_rate", limits.request_rate, PerTime{});
  form.Scalar("conference_request_rate", limits.conference_request_rate, PerTime{});
  form.Scalar("upgrade_rate", limits.upgrade_rate, PerTime{});
  form.Scalar("pipelined_requests", limits.pipelined_requests, Whole{.min = 1, .max = 60'000});
  form.Scalar("memory", limits.memory,
              Bytes{.min = 16 << 20, .max = int64_t{1} << 50, .auto_is_zero = true});
  form.Scalar("request_line", limits.request_line, Bytes{.min = 256, .max = 1 << 20});
  form.Scalar("header_bytes", limits.header_bytes, Bytes{.min = 1024, .max = 1 << 20});
  form.Scalar("header_fields", limits.header_fields, Whole{.min = 8, .max = 1000});
  form.Require(limits.header_bytes >= limits.request_line || form.Failed("request_line"),
               "header_bytes", "must not be below request_line, which it includes");
}

template void Describe(Reader&, Node&);
template void Describe(Writer&, Node&);
template void Describe(Reader&, Process&);
template void Describe(Writer&, Process&);
template void DescribeListeners(Reader&, Config&);
template void DescribeListeners(Writer&, Config&);
template void DescribeAdmin(Reader&, Config&);
template void DescribeAdmin(Writer&, Config&);
template void Describe(Reader&, Timeouts&);
template void Describe(Writer&, Timeouts&);
template void Describe(Reader&, Limits&);
template void Describe(Writer&, Limits&);

}  // namespace room_router::config
