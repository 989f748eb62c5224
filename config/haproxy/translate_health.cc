// SPDX-License-Identifier: Apache-2.0
// How servers are checked: times and counts, ports, and the agents beside them.
#include <algorithm>
#include <array>

#include "config/haproxy/translation.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

const Server* FirstWith(const std::vector<Server>& servers, std::string_view option) {
  const auto found = std::find_if(servers.begin(), servers.end(), [option](const Server& server) {
    return server.options.contains(option);
  });
  return found == servers.end() ? nullptr : &*found;
}

class Health {
 public:
  Health(Translation& translation, const std::vector<Server>& servers)
      : translation_(translation), servers_(servers) {}

  void Translate() {
    const Server* checked = FirstWith(servers_, "check");
    const Server* asked = FirstWith(servers_, "agent-check");
    if (checked == nullptr) {
      translation_.Look(*servers_.front().line,
                        asked == nullptr
                            ? "HAProxy checks nothing here; the router tries a TCP connection"
                            : "HAProxy only asks agents; the router tries a TCP connection too");
    } else {
      SetTimes(*checked);
      PointCheckAtPort(*checked);
      Compare("check", {"inter", "rise", "fall", "port"}, *checked);
    }
    if (asked != nullptr) AddAgent(*asked);
  }

 private:
  void SetTimes(const Server& checked) {
    const auto inter = checked.options.find("inter");
    if (inter != checked.options.end()) {
      SetTime("interval", inter->second);
      // Without `timeout check` a check may take as long as from one to the next.
      if (translation_.yaml.Find({"shards", "health", "timeout"}) == nullptr) {
        SetTime("timeout", inter->second);
      }
    }
    for (const std::string_view count : {"rise", "fall"}) {
      const auto option = checked.options.find(count);
      if (option == checked.options.end()) continue;
      const auto number = ReadNumber(option->second.value);
      if (!number) continue;
      translation_.SetBare({"shards", "health", count}, *option->second.from,
                           std::to_string(*number));
    }
  }

  void SetTime(std::string_view key, const ServerOption& option) {
    const auto time = ReadTime(option.value);
    if (!time || time->count() == 0) return translation_.Drop(*option.from, "inter is no time");
    translation_.SetBare({"shards", "health", key}, *option.from, WriteTime(*time));
  }

  void PointCheckAtPort(const Server& server) {
    const auto port = server.options.find("port");
    if (port == server.options.end()) return;
    Node& check = FirstCheck(*port->second.from);
    Node* url = check.Find("url");
    if (url == nullptr) {
      check.children.push_back(Node::Bare("port", port->second.value));
    } else {
      url->text.insert(url->text.find("{address}") + 9, ":" + port->second.value);
    }
  }

  // Whether a shard can be reached: what `option httpchk` made, or a TCP connection.
  Node& FirstCheck(const Directive& from) {
    Node* checks = Checks();
    if (checks == nullptr || checks->children.empty()) {
      translation_.yaml.Append({"shards", "health", "checks"},
                               Node::Map({Node::Text("type", "tcp")}, &from));
      checks = Checks();
    }
    return checks->children.front();
  }

  Node* Checks() { return translation_.yaml.Find({"shards", "health", "checks"}); }

  void AddAgent(const Server& asked) {
    const Directive& from = *asked.options.find("agent-check")->second.from;
    FirstCheck(from);
    Node agent = Node::Map(
        {Node::Text("type", "agent"), Node::Bare("port", ValueOf(asked.options, "agent-port"))},
        &from);
    AddText(agent, "host", "agent-addr");
    AddText(agent, "send", "agent-send");
    translation_.yaml.Append({"shards", "health", "checks"}, std::move(agent));
    Compare("agent-check", {"agent-port"}, asked);
  }

  // One text for all agents: the same on all servers, or the server's name on each.
  void AddText(Node& agent, std::string_view key, std::string_view option) {
    const Server& first = *FirstWith(servers_, "agent-check");
    const auto text = [option](const Server& server) {
      std::string value = ValueOf(server.options, option);
      while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
      return value;
    };
    const auto asked = [](const Server& server) { return server.options.contains("agent-check"); };
    const auto same = [&](const Server& server) {
      return !asked(server) || text(server) == text(first);
    };
    const auto named = [&](const Server& server) {
      return !asked(server) || text(server) == server.name();
    };
    if (std::all_of(servers_.begin(), servers_.end(), named)) {
      agent.children.push_back(Node::Text(std::string(key), "{shard}"));
      return;
    }
    if (text(first).empty()) return Compare("agent-check", {option}, first);
    agent.children.push_back(Node::Text(std::string(key), text(first)));
    if (!std::all_of(servers_.begin(), servers_.end(), same)) {
      Compare("agent-check", {option}, first);
    }
  }

  // Notes each other server with `kind` whose options differ from those that were taken.
  void Compare(std::string_view kind, std::initializer_list<std::string_view> options,
               const Server& first) {
    for (const Server& other : servers_) {
      if (!other.options.contains(kind)) continue;
      for (const std::string_view option : options) {
        if (ValueOf(first.options, option) == ValueOf(other.options, option)) continue;
        translation_.Drop(*other.line, std::string(option) + ": all shards are checked alike, as " +
                                           first.name() + " is");
      }
    }
  }

  Translation& translation_;
  const std::vector<Server>& servers_;
};

}  // namespace

void TranslateHealth(Translation& translation, const std::vector<Server>& servers) {
  Health(translation, servers).Translate();
}

}  // namespace room_router::config::haproxy
