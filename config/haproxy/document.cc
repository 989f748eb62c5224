// SPDX-License-Identifier: Apache-2.0
#include "config/haproxy/document.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/haproxy/values.h"
#include "config/report.h"
#include "config/writer.h"

namespace room_router::config::haproxy {
namespace {

// Of all maps; what is not here keeps the order in which it was set.
constexpr std::array kOrder{"version",       "node",
                            "listeners",     "trusted_proxies",
                            "admin",         "http",
                            "sockets",       "timeouts",
                            "limits",        "retries",
                            "room_key",      "headers",
                            "room",          "shard",
                            "request",       "response",
                            "shards",        "discovery",
                            "static",        "tls",
                            "health",        "placement",
                            "stick_table",   "algorithm",
                            "name",          "size",
                            "expire",        "display_bytes",
                            "listen",        "local_name",
                            "client_header", "client_idle",
                            "connect",       "server_response",
                            "tunnel_idle",   "half_closed",
                            "srv",           "resolvers",
                            "obsolete",      "checks",
                            "interval",      "timeout",
                            "rise",          "fall",
                            "peers",         "pins",
                            "bans",          "drain",
                            "logging",       "format",
                            "output"};

size_t Rank(const Node& node) {
  return static_cast<size_t>(std::find(kOrder.begin(), kOrder.end(), node.key) - kOrder.begin());
}

std::string Scalar(const Node& node, bool flow) {
  if (node.bare) return node.text;
  std::string text = ToYamlAsIs(node.text);
  if (flow && !text.starts_with('"') && text.find(':') != std::string::npos) {
    text.insert(0, 1, '"') += '"';
  }
  return text;
}

std::string Flow(const Node& node) {
  if (node.kind == Node::Kind::kScalar) return Scalar(node, true);
  const bool map = node.kind == Node::Kind::kMap;
  std::string text;
  for (const Node& child : node.children) {
    if (!text.empty()) text += ", ";
    if (map) text += ToYamlAsIs(child.key) + ": ";
    text += Flow(child);
  }
  return map ? "{" + text + "}" : "[" + text + "]";
}

void AddPlaces(const Node& node, std::vector<std::string>& places) {
  const std::string place = node.from == nullptr ? "" : node.from->Place();
  if (!place.empty() && std::find(places.begin(), places.end(), place) == places.end()) {
    places.push_back(place);
  }
  for (const Node& child : node.children) AddPlaces(child, places);
}

// The comment that says where what stands on a line comes from.
std::string Origin(const Node& node) {
  std::vector<std::string> places;
  AddPlaces(node, places);
  std::string text;
  for (const std::string& place : places) text += (text.empty() ? "  # " : ", ") + place;
  return text;
}

void PrintMap(const Node& map, size_t indent, std::string& out) {
  for (const Node& child : map.children) {
    const std::string start = std::string(indent, ' ') + ToYamlAsIs(child.key) + ":";
    const bool block_list = child.kind == Node::Kind::kList && !child.children.empty() &&
                            child.children.front().kind == Node::Kind::kMap;
    if (block_list) {
      out += start + "\n";
      for (const Node& item : child.children) {
        out += std::string(indent + 2, ' ') + "- " + Flow(item) + Origin(item) + "\n";
      }
    } else if (child.kind == Node::Kind::kMap) {
      out += start + "\n";
      PrintMap(child, indent + 2, out);
    } else {
      out += start + " " + (child.kind == Node::Kind::kList ? Flow(child) : Scalar(child, false)) +
             Origin(child) + "\n";
    }
  }
}

void Sort(Node& node) {
  for (Node& child : node.children) {
    if (child.kind == Node::Kind::kMap) Sort(child);
  }
  std::stable_sort(node.children.begin(), node.children.end(),
                   [](const Node& a, const Node& b) { return Rank(a) < Rank(b); });
}

void RemoveEmpty(Node& node) {
  for (Node& child : node.children) RemoveEmpty(child);
  std::erase_if(node.children, [](const Node& child) {
    return child.kind != Node::Kind::kScalar && child.children.empty();
  });
}

// Where the first part of a node comes from that comes from anywhere.
const Directive* OriginOf(const Node& node) {
  const Directive* from = node.from;
  for (size_t n = 0; from == nullptr && n < node.children.size(); ++n) {
    from = OriginOf(node.children[n]);
  }
  return from;
}

// The child a message names next, after `path`; the number of children if none.
size_t NamedChild(const Node& node, const std::string& path, std::string_view message) {
  const size_t none = node.children.size();
  if (node.kind == Node::Kind::kScalar || message.size() <= path.size()) return none;
  if (node.kind == Node::Kind::kList) {
    if (message[path.size()] != '[') return none;
    const auto index = ReadNumber(
        message.substr(path.size() + 1, message.find(']', path.size()) - path.size() - 1));
    return index && *index < none ? static_cast<size_t>(*index) : none;
  }
  for (size_t n = 0; n < none; ++n) {
    if (Document::Names(message, JoinKey(path, node.children[n].key))) return n;
  }
  return none;
}

}  // namespace

Node Node::Text(std::string key, std::string text, const Directive* from) {
  return {.key = std::move(key), .text = std::move(text), .from = from, .children = {}};
}

Node Node::Bare(std::string key, std::string text, const Directive* from) {
  Node node = Text(std::move(key), std::move(text), from);
  node.bare = true;
  return node;
}

Node Node::Map(std::vector<Node> children, const Directive* from) {
  return {.kind = Kind::kMap, .key = {}, .text = {}, .from = from, .children = std::move(children)};
}

Node* Node::Find(std::string_view child) {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [child](const Node& node) { return node.key == child; });
  return found == children.end() ? nullptr : &*found;
}

Node& Document::Make(Path path, Node::Kind kind) {
  Node* node = &root_;
  size_t left = path.size();
  for (const std::string_view key : path) {
    --left;
    Node* child = node->Find(key);
    if (child == nullptr) {
      node->children.push_back({.kind = left > 0 ? Node::Kind::kMap : kind,
                                .key = std::string(key),
                                .text = {},
                                .children = {}});
      child = &node->children.back();
    }
    node = child;
  }
  return *node;
}

Node Document::Set(Path path, Node value) {
  Node& place = Make(path, value.kind);
  value.key = place.key;
  return std::exchange(place, std::move(value));
}

void Document::Append(Path path, Node item) {
  Make(path, Node::Kind::kList).children.push_back(std::move(item));
}

Node* Document::Find(Path path) {
  Node* node = &root_;
  for (const std::string_view key : path) {
    node = node->Find(key);
    if (node == nullptr) return nullptr;
  }
  return node;
}

bool Document::Names(std::string_view message, std::string_view path) {
  return message.size() > path.size() && message.starts_with(path) &&
         std::string_view(".[:").find(message[path.size()]) != std::string_view::npos;
}

Document::Removed Document::RemoveNamed(std::string_view message) {
  Removed removed;
  Node* parent = nullptr;
  size_t index = 0;
  Node* node = &root_;
  while (true) {
    const size_t next = NamedChild(*node, removed.path, message);
    if (next == node->children.size()) break;
    const bool list = node->kind == Node::Kind::kList;
    removed.path =
        list ? JoinIndex(removed.path, next) : JoinKey(removed.path, node->children[next].key);
    parent = node;
    index = next;
    node = &node->children[next];
    if (node->from != nullptr) removed.from = node->from;
  }
  if (parent == nullptr) return removed;
  if (removed.from == nullptr) removed.from = OriginOf(*node);
  parent->children.erase(parent->children.begin() + static_cast<ptrdiff_t>(index));
  return removed;
}

std::string Document::Print() const {
  Node shown = root_;
  RemoveEmpty(shown);
  Sort(shown);
  std::string text;
  PrintMap(shown, 0, text);
  return text;
}

}  // namespace room_router::config::haproxy
