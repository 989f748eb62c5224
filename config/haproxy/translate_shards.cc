// SPDX-License-Identifier: Apache-2.0
// Servers become shards: static ones with their address, templates over SRV as discovery.
#include <algorithm>
#include <array>

#include "config/haproxy/server_line.h"
#include "config/haproxy/translation.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

std::vector<Server> ServersOf(const Translation& translation, const Section& section) {
  std::vector<Server> servers;
  ServerOptions defaults;
  for (const Directive* directive : DirectivesOf(translation.source, section)) {
    if (directive->At(0) == "default-server") ReadServerOptions(*directive, 1, defaults);
    if (directive->At(0) != "server" && directive->At(0) != "server-template") continue;
    Server server{.line = directive, .section = &section, .options = defaults};
    ReadServerOptions(*directive, server.template_line() ? 4 : 3, server.options);
    servers.push_back(std::move(server));
  }
  return servers;
}

// What sets the backend apart from the others that share its table: "release-5142" of
// "jitsi-release-5142". Only a name that says release is one.
std::string ReleaseOf(const Choice& choice, const Section& section) {
  if (choice.siblings.empty()) return "";
  const std::string_view name = section.name();
  const size_t at = name.find("release-");
  return at == std::string_view::npos ? "" : std::string(name.substr(at + 8));
}

// A shard's name: what HAProxy takes for one and room-router does not is replaced.
std::string ShardName(std::string name) {
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

class Shards {
 public:
  explicit Shards(Translation& translation) : translation_(translation) {}

  void Add(const Server& server) {
    translation_.ledger.Carry(*server.line);
    servers_.push_back(server);
    if (server.template_line()) {
      AddTemplate(server);
    } else if (server.options.contains("disabled")) {
      translation_.Drop(*server.line,
                        "disabled; add it to shards.static when it is there, and drain it with "
                        "room-router ctl when it is not wanted");
    } else {
      AddStatic(server);
    }
    ExplainOptions(server);
  }

  void Finish() {
    if (weighted_) GiveWeights();
    TranslateHealth(translation_, servers_);
    TranslateConnections(translation_, servers_);
    const auto with_resolvers =
        std::find_if(servers_.begin(), servers_.end(),
                     [](const Server& one) { return one.options.contains("resolvers"); });
    if (with_resolvers != servers_.end()) {
      TranslateResolvers(translation_, ValueOf(with_resolvers->options, "resolvers"));
    }
  }

 private:
  void AddTemplate(const Server& server) {
    const auto endpoint = ReadEndpoint(server.address());
    std::string name = endpoint ? endpoint->host : "";
    if (!name.starts_with('_')) {
      if (name.find(".svc") == std::string::npos) {
        return translation_.Drop(*server.line,
                                 "a template over addresses; shards.discovery.srv needs an SRV "
                                 "name, whose targets name the shards, or write shards.static");
      }
      name = "_http._tcp." + name;
      translation_.Look(*server.line,
                        "shards are named by SRV records: _http is a guess, it is the name of the "
                        "port in the headless Service");
    }
    if (!srv_.insert(name).second) return;
    Node item = Node::Text("", name, server.line);
    translation_.yaml.Append({"shards", "discovery", "srv"}, std::move(item));
    translation_.Look(*server.line,
                      "shards are called by the first label of their SRV target, not " +
                          server.name() + "0 and so on: give pods host names that stay");
  }

  void AddStatic(const Server& server) {
    const std::string address = AddressOf(server);
    if (address.empty()) return;
    Node shard =
        Node::Map({Node::Text("name", ShardName(server.name())), Node::Text("address", address)},
                  server.line);
    const std::string release = ReleaseOf(translation_.choice, *server.section);
    if (!release.empty()) shard.children.push_back(Node::Text("release", release));
    // The other backends' shards take rooms when the backend's own, backups included, do not.
    const bool first = server.section == translation_.choice.backend;
    const int priority = (first ? 0 : 2) + (server.options.contains("backup") ? 1 : 0);
    if (priority > 0) {
      shard.children.push_back(Node::Bare("priority", std::to_string(priority)));
    }
    weighted_ = weighted_ || server.options.contains("weight");
    if (!IsNew(shard, server)) return;
    weights_.push_back(ValueOf(server.options, "weight"));
    translation_.yaml.Append({"shards", "static"}, std::move(shard));
  }

  // One server in several backends is one shard; the first that says more about it counts.
  bool IsNew(const Node& shard, const Server& server) {
    const std::string& name = shard.children[0].text;
    const std::string& address = shard.children[1].text;
    if (const auto known = addresses_.find(name); known != addresses_.end()) {
      if (known->second == address) {
        translation_.Done(*server.line, "shard " + name + " is there already");
      } else {
        translation_.Drop(*server.line, "another shard has its name; give each its own");
      }
      return false;
    }
    addresses_.emplace(name, address);
    return true;
  }

  std::string AddressOf(const Server& server) {
    const auto endpoint = ReadEndpoint(server.address());
    if (!endpoint || endpoint->host.empty()) {
      translation_.Drop(*server.line, "not an IP and a port; write shards.static with them");
      return "";
    }
    Endpoint address = *endpoint;
    if (address.port.empty() || address.port.starts_with('+') || address.port.starts_with('-')) {
      translation_.Drop(*server.line,
                        "its port follows the client's; write shards.static with a port");
      return "";
    }
    if (IsHostName(address.host)) {
      const std::string name = address.host;
      const auto found =
          translation_.resolve ? translation_.resolve(name) : std::vector<std::string>();
      if (found.empty()) {
        translation_.Drop(*server.line, name +
                                            " has no address here; write shards.static with it, "
                                            "or shards.discovery.srv");
        return "";
      }
      address.host = found.front();
      translation_.Look(*server.line, name + " was " + found.front() +
                                          " when this was written; static shards do not follow "
                                          "names, SRV records do");
    }
    return address.text();
  }

  static bool IsHostName(const std::string& host) {
    return host.find("${") == std::string::npos && host.find(':') == std::string::npos &&
           host.find_first_not_of("0123456789.") != std::string::npos;
  }

  void GiveWeights() {
    Node* shards = translation_.yaml.Find({"shards", "static"});
    if (shards == nullptr) return;
    for (size_t n = 0; n < shards->children.size(); ++n) {
      const std::string weight = weights_[n].empty() ? "1" : weights_[n];
      shards->children[n].children.push_back(Node::Bare("weight", weight));
    }
  }

  void ExplainOptions(const Server& server) {
    for (const auto& [name, option] : server.options) {
      const std::string_view reason = WhyNot(name);
      if (reason.empty() || !explained_.insert(name).second) continue;
      translation_.Drop(*option.from, name + ": " + std::string(reason));
    }
  }

  Translation& translation_;
  std::vector<Server> servers_;
  std::set<std::string> srv_, explained_;
  std::map<std::string, std::string> addresses_;
  std::vector<std::string> weights_;
  bool weighted_ = false;
};

}  // namespace

void TranslateServers(Translation& translation) {
  Shards shards(translation);
  std::vector<const Section*> sections = translation.choice.siblings;
  sections.insert(sections.begin(), translation.choice.backend);
  // Backends that say a release first: others repeat their servers.
  std::stable_sort(sections.begin(), sections.end(), [&](const Section* a, const Section* b) {
    return !ReleaseOf(translation.choice, *a).empty() && ReleaseOf(translation.choice, *b).empty();
  });
  for (const Section* section : sections) {
    for (const Server& server : ServersOf(translation, *section)) shards.Add(server);
  }
  shards.Finish();
}

}  // namespace room_router::config::haproxy
