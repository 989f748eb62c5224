// SPDX-License-Identifier: Apache-2.0
// What concerns the process and its doors: global, listeners, admin, timeouts, logging.
#include <algorithm>
#include <array>

#include "config/haproxy/translation.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

// The value behind a keyword among the words of a directive, "" without it.
std::string Behind(const Directive& directive, std::string_view keyword) {
  for (size_t n = 1; n + 1 < directive.words.size(); ++n) {
    if (directive.words[n] == keyword) return directive.words[n + 1].text;
  }
  return "";
}

bool Has(const Directive& directive, std::string_view keyword) {
  return std::any_of(directive.words.begin() + 1, directive.words.end(),
                     [keyword](const Word& word) { return word == keyword; });
}

std::string Level(const std::string& level) { return level.empty() ? "operator" : level; }

void TranslateStatsSocket(Translation& translation, const Directive& directive) {
  const std::string& address = directive.At(2);
  const std::string level = Level(Behind(directive, "level"));
  Node socket = Node::Map({}, &directive);
  std::string path = address.starts_with("unix@") ? address.substr(5) : address;
  const bool is_path = path.starts_with('/') || directive.words[2].variable;
  if (is_path) {
    socket.children.push_back(Node::Text("path", path));
    const std::string mode = Behind(directive, "mode");
    if (!mode.empty())
      socket.children.push_back(Node::Text("mode", "0" + mode.substr(mode[0] == '0')));
  } else if (const auto endpoint = ReadEndpoint(address); endpoint && !endpoint->port.empty()) {
    socket.children.push_back(Node::Text("address", endpoint->text()));
  } else {
    return translation.Drop(directive, "neither a path nor an address; write admin.sockets");
  }
  socket.children.push_back(Node::Text("level", level));
  translation.ledger.Carry(directive);
  translation.yaml.Append({"admin", "sockets"}, std::move(socket));
  if (is_path && !path.starts_with("/run/room-router/")) {
    translation.Look(directive,
                     "the router has to be allowed to write there; the packaged service may only "
                     "write to /run/room-router");
  }
  for (const char* option : {"user", "uid", "group", "gid", "expose-fd"}) {
    if (Has(directive, option)) {
      translation.Drop(directive,
                       std::string(option) + ": the socket belongs to the router's user and group");
    }
  }
}

// The ports of "80", "8000-8003" or "${PORT}".
std::vector<std::string> PortsOf(const std::string& text) {
  constexpr uint64_t kMostPorts = 64;
  const size_t dash = text.find('-');
  const auto first = ReadNumber(text.substr(0, dash));
  const auto last = ReadNumber(dash == std::string::npos ? text : text.substr(dash + 1));
  if (!first || !last || *last < *first || *last - *first >= kMostPorts) return {text};
  std::vector<std::string> ports;
  for (uint64_t port = *first; port <= *last; ++port) ports.push_back(std::to_string(port));
  return ports;
}

std::string HostOf(Translation& translation, const Directive& directive, const std::string& host) {
  const bool v6 = host.find(':') != std::string::npos;
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  if (host.empty()) return Has(directive, "v4v6") ? "::" : "0.0.0.0";
  if (v6 || numeric || host.find("${") != std::string::npos) return host;
  const auto found = translation.resolve ? translation.resolve(host) : std::vector<std::string>();
  if (found.empty()) return host;
  translation.Look(directive, host + " was " + found.front() + " when this was written");
  return found.front();
}

// A listener's items other than its address.
void AddBindOptions(Translation& translation, const Directive& directive, Node& listener) {
  if (Has(directive, "accept-proxy")) {
    listener.children.push_back(Node::Bare("proxy_protocol", "true"));
  }
  const std::string pem = Behind(directive, "crt");
  if (Has(directive, "ssl") && !pem.empty()) {
    Node tls = Node::Map({Node::Text("certificate", pem), Node::Text("key", pem)});
    const std::string ca = Behind(directive, "ca-file"), least = Behind(directive, "ssl-min-ver");
    if (!ca.empty()) tls.children.push_back(Node::Text("client_ca", ca));
    if (least.starts_with("TLSv")) {
      tls.children.push_back(Node::Text("min_version", least.substr(4)));
    }
    tls.key = "tls";
    listener.children.push_back(std::move(tls));
  }
  constexpr std::array<std::string_view, 9> kOthers{
      "maxconn", "interface", "alpn",   "transparent",         "process",
      "thread",  "crt-list",  "v6only", "accept-netscaler-cip"};
  for (const std::string_view option : kOthers) {
    if (Has(directive, option)) {
      translation.Drop(directive, "its option " + std::string(option) + " has no equivalent");
    }
  }
}

}  // namespace

bool TranslateGlobal(Translation& translation, const Directive& directive) {
  const std::string& word = directive.At(0);
  if (directive.Begins("stats", "socket") && directive.words.size() > 2) {
    TranslateStatsSocket(translation, directive);
  } else if (word == "nbthread") {
    translation.SetNumber({"node", "threads"}, directive, 1);
  } else if (word == "hard-stop-after") {
    translation.SetTime({"drain", "max"}, directive, 1);
  } else if (word == "localpeer") {
    translation.Done(directive, "see peers.haproxy.local_name");
  } else {
    return false;
  }
  return true;
}

bool TranslateBind(Translation& translation, const Directive& directive) {
  if (directive.At(0) == "maxconn") {
    const auto number = ReadNumber(directive.At(1));
    const Node* old = translation.yaml.Find({"limits", "connections"});
    if (old != nullptr && number && ReadNumber(old->text).value_or(0) < *number) {
      translation.Done(directive, "the smaller limit counts, that of " + old->from->Place());
    } else {
      translation.SetNumber({"limits", "connections"}, directive, 1);
    }
    return true;
  }
  if (directive.At(0) != "bind") return false;
  std::string_view rest = directive.At(1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const auto endpoint = ReadEndpoint(one);
    if (!endpoint || endpoint->port.empty()) {
      translation.Drop(directive, "not an IP and a port; write listeners: [{address: …}] with one");
      continue;
    }
    const std::string host = HostOf(translation, directive, endpoint->host);
    for (const std::string& port : PortsOf(endpoint->port)) {
      constexpr size_t kMostListeners = 256;
      const Node* listeners = translation.yaml.Find({"listeners"});
      if (listeners != nullptr && listeners->children.size() == kMostListeners) {
        return translation.Drop(directive, "more than 256 listeners"), true;
      }
      const Endpoint address{.host = host, .port = port};
      Node listener = Node::Map({Node::Text("address", address.text())}, &directive);
      AddBindOptions(translation, directive, listener);
      translation.ledger.Carry(directive);
      translation.yaml.Append({"listeners"}, std::move(listener));
    }
  }
  return true;
}

bool TranslateTimeout(Translation& translation, const Directive& directive) {
  if (directive.At(0) == "retries") {
    translation.SetNumber({"retries"}, directive, 1);
    return true;
  }
  if (directive.At(0) != "timeout") return false;
  struct Timeout {
    std::string_view haproxy, ours;
  };
  constexpr std::array<Timeout, 7> kTimeouts{Timeout{"connect", "connect"},
                                             Timeout{"server", "server_response"},
                                             Timeout{"http-request", "client_header"},
                                             Timeout{"http-keep-alive", "client_idle"},
                                             Timeout{"tunnel", "tunnel_idle"},
                                             Timeout{"client-fin", "half_closed"},
                                             Timeout{"server-fin", "half_closed"}};
  const std::string& name = directive.At(1);
  const auto known = std::find_if(kTimeouts.begin(), kTimeouts.end(),
                                  [&name](const Timeout& one) { return one.haproxy == name; });
  if (name == "check") {
    translation.SetTime({"shards", "health", "timeout"}, directive, 2);
  } else if (name == "client") {
    const Node* idle = translation.yaml.Find({"timeouts", "client_idle"});
    if (idle != nullptr && idle->from->At(1) == "http-keep-alive") {
      translation.Done(directive, "timeouts.client_idle is that of " + idle->from->Place());
    } else {
      translation.SetTime({"timeouts", "client_idle"}, directive, 2);
    }
  } else if (known == kTimeouts.end()) {
    return false;
  } else {
    translation.SetTime({"timeouts", known->ours}, directive, 2);
    const auto time = ReadTime(directive.At(2));
    if (name == "server" && time && *time < std::chrono::seconds(65)) {
      translation.Look(directive,
                       "a BOSH request waits up to 60 s for its answer; 90s, the default, leaves "
                       "room");
    }
  }
  return true;
}

bool TranslateLogging(Translation& translation, const Directive& directive) {
  if (directive.Begins("option", "httplog")) {
    translation.SetText({"logging", "access", "format"}, directive, "httplog");
    return true;
  }
  if (directive.At(0) == "log-format") {
    translation.Look(directive, "json, the default, has all fields; httplog is HAProxy's own line");
    return true;
  }
  const bool stream = directive.Begins("log", "stdout") || directive.Begins("log", "stderr");
  if (!stream) return false;
  translation.SetText({"logging", "access", "output"}, directive, directive.At(1));
  return true;
}

void TranslateStatistics(Translation& translation) {
  const Choice& choice = translation.choice;
  for (const Section* section : choice.statistics) {
    for (const Directive* directive : DirectivesOf(translation.source, *section)) {
      if (directive->At(0) != "bind" || translation.ledger.Knows(*directive)) continue;
      const auto endpoint = ReadEndpoint(directive->At(1));
      if (!endpoint || endpoint->port.empty() || endpoint->port.find('-') != std::string::npos) {
        translation.Drop(*directive, "not an IP and a port; write admin.http");
      } else if (const Node* old = translation.yaml.Find({"admin", "http"}); old != nullptr) {
        translation.Drop(*directive, "there is one admin.http, that of " + old->from->Place());
      } else {
        Endpoint address{.host = HostOf(translation, *directive, endpoint->host),
                         .port = endpoint->port};
        translation.SetText({"admin", "http"}, *directive, address.text());
        translation.Look(*directive,
                         "admin.http serves /metrics (other names), /stats, /healthz, /readyz, and "
                         "shows room names: keep it inside");
      }
    }
  }
}

}  // namespace room_router::config::haproxy
