// SPDX-License-Identifier: Apache-2.0
// Where rooms are kept and how new ones are placed: stick-table, stick, balance; peers; resolvers.
#include <fmt/format.h>

#include <algorithm>

#include "config/haproxy/translation.h"
#include "config/haproxy/values.h"

namespace room_router::config::haproxy {
namespace {

constexpr uint64_t kDefaultSize = 200'000, kSharedName = 128;

const Section* FindSection(const Source& source, std::string_view kind, std::string_view name) {
  for (const Section& section : source.sections) {
    if (section.kind() == kind && section.name() == name) return &section;
  }
  return nullptr;
}

// The words of "stick-table …", or of "table NAME …" in a peers section, by name.
std::string Argument(const Directive& table, std::string_view name) {
  for (size_t n = 1; n + 1 < table.words.size(); ++n) {
    if (table.words[n] == name) return table.words[n + 1].text;
  }
  return "";
}

void SetSize(Translation& translation, const Directive& table) {
  const auto size = ReadSize(Argument(table, "size"));
  if (!size) return;
  if (*size > kDefaultSize) {
    translation.SetBare({"stick_table", "size"}, table, std::to_string(*size));
  } else {
    translation.Done(table, fmt::format("size {}: the table holds {}, a room that is forgotten "
                                        "may be split",
                                        *size, kDefaultSize));
  }
}

void SetTable(Translation& translation, const Directive& table) {
  translation.ledger.Carry(table);
  const std::string type = Argument(table, "type");
  if (type != "string") translation.Look(table, "its keys are no rooms (type " + type + ")");
  SetSize(translation, table);
  const auto expire = ReadTime(Argument(table, "expire"));
  if (expire && expire->count() > 0) {
    translation.SetBare({"stick_table", "expire"}, table, WriteTime(*expire));
  } else {
    translation.Look(table,
                     "has no expire: a room without requests or tunnels is forgotten after "
                     "stick_table.expire, 5m");
  }
  const uint64_t length = ReadNumber(Argument(table, "len")).value_or(0);
  const bool shared = !Argument(table, "peers").empty() || table.At(0) == "table";
  const uint64_t shown = std::min(std::max(length, shared ? kSharedName : 0), uint64_t{1024});
  if (shown > 64) {
    translation.SetBare({"stick_table", "display_bytes"}, table, std::to_string(shown));
  }
  if (!Argument(table, "store").empty()) {
    translation.Drop(table, "store: requests are not counted by room; show table has the sessions");
  }
}

// The members of a peers section and which of them this one is.
class PeersSection {
 public:
  PeersSection(Translation& translation, const Section& section)
      : translation_(translation), section_(section) {}

  void Write() {
    std::string localpeer = translation_.local_peer;
    for (const Section& section : translation_.source.sections) {
      for (const Directive& one : section.directives) {
        const bool names = section.kind() == "global" && one.At(0) == "localpeer";
        if (names && localpeer.empty()) localpeer = one.At(1);
      }
    }
    for (const Directive& one : section_.directives) {
      if (one.At(0) == "bind") bind_ = &one;
      if (one.At(0) == "peer" || one.At(0) == "server") AddMember(one, localpeer);
    }
    SetListen();
  }

 private:
  void AddMember(const Directive& member, const std::string& localpeer) {
    translation_.ledger.Carry(member);
    const std::string& name = member.At(1);
    const auto endpoint = ReadEndpoint(member.At(2));
    const bool addressed = member.words.size() > 2 && endpoint && !endpoint->port.empty();
    if (!addressed || name == localpeer || name == "${HOSTNAME}") local_ = &member;
    if (!addressed) return;
    Endpoint address = *endpoint;
    ports_.insert(address.port);
    if (address.host.find_first_not_of("0123456789.:") != std::string::npos &&
        address.host.find("${") == std::string::npos) {
      const auto found =
          translation_.resolve ? translation_.resolve(address.host) : std::vector<std::string>();
      if (found.empty()) {
        return translation_.Drop(member, address.host +
                                             " has no address here; write its IP to "
                                             "peers.haproxy.peers");
      }
      translation_.Look(member, address.host + " was " + found.front() +
                                    " when this was written; members are called by IP");
      address.host = found.front();
    }
    translation_.yaml.Append(
        {"peers", "haproxy", "peers"},
        Node::Map({Node::Text("name", name), Node::Text("address", address.text())}, &member));
  }

  void SetListen() {
    std::string listen;
    const Directive* from = &section_.head;
    if (bind_ != nullptr) {
      from = bind_;
      Endpoint address = ReadEndpoint(bind_->At(1)).value_or(Endpoint());
      if (address.host.empty()) address.host = "0.0.0.0";
      listen = address.text();
    } else if (local_ != nullptr) {
      from = local_;
      listen = ReadEndpoint(local_->At(2)).value_or(Endpoint()).text();
    } else if (ports_.size() == 1) {
      listen = "0.0.0.0:" + *ports_.begin();
    }
    if (listen.empty()) {
      return translation_.Look(*from,
                               "which of the members this replica is cannot be seen here; "
                               "tell it with --local-peer NAME, or write "
                               "peers.haproxy.listen and local_name");
    }
    translation_.SetText({"peers", "haproxy", "listen"}, *from, listen);
    if (local_ != nullptr) {
      translation_.SetText({"peers", "haproxy", "local_name"}, *local_, local_->At(1));
    } else {
      translation_.Look(*from, "this replica is the member that has its node.name");
    }
  }

  Translation& translation_;
  const Section& section_;
  const Directive* bind_ = nullptr;
  const Directive* local_ = nullptr;
  std::set<std::string> ports_;
};

}  // namespace

bool TranslateStick(Translation& translation, const Directive& directive) {
  if (directive.At(0) == "stick-table") {
    if (&directive == translation.choice.table_line) {
      SetTable(translation, directive);
    } else {
      translation.Drop(directive, "not the table of rooms; limit clients at the ingress");
    }
    return true;
  }
  if (directive.At(0) != "stick") return false;
  if (!translation.choice.room.IsIn(ExpressionOf(directive))) {
    translation.Drop(directive, "not about rooms, which alone decide here");
  } else if (directive.At(1) == "store-response") {
    translation.Drop(directive, "a room is bound when its first request is routed");
  } else {
    translation.Done(directive, "rooms are read, kept and followed without a rule (room_key)");
  }
  return true;
}

bool TranslateBalance(Translation& translation, const Directive& directive) {
  const std::string& word = directive.At(0);
  if (word == "hash-balance-factor") {
    const auto factor = ReadNumber(directive.At(1));
    if (!factor || *factor < 100) return false;
    translation.SetText({"placement", "algorithm"}, directive, "bounded-rendezvous");
    translation.SetBare({"placement", "balance_factor"}, directive,
                        fmt::format("{}", static_cast<double>(*factor) / 100));
    return true;
  }
  if (word != "balance") return false;
  const std::string& algorithm = directive.At(1);
  if (translation.choice.room.IsIn(ExpressionOf(directive))) {
    const bool bounded = translation.yaml.Find({"placement", "balance_factor"}) != nullptr;
    if (bounded) {
      translation.Done(directive, "see placement");
    } else {
      translation.SetText({"placement", "algorithm"}, directive, "rendezvous");
    }
  } else if (algorithm == "leastconn") {
    translation.SetText({"placement", "algorithm"}, directive, "least-rooms");
  } else {
    translation.Drop(directive,
                     "new rooms are placed by a hash of their name, so that all replicas choose "
                     "alike; placement.algorithm has others");
  }
  return true;
}

void TranslatePeers(Translation& translation) {
  const std::string& name = translation.choice.table;
  const std::string& backend = translation.choice.backend->name();
  const Directive* table = translation.choice.table_line;
  const std::string table_name = name.empty() ? backend : name.substr(name.find('/') + 1);
  translation.yaml.Set({"stick_table", "name"}, Node::Text("", table_name, table));
  if (table == nullptr) return;
  if (!translation.ledger.Knows(*table)) SetTable(translation, *table);
  const std::string peers = name.find('/') == std::string::npos ? Argument(*table, "peers")
                                                                : name.substr(0, name.find('/'));
  const Section* section = FindSection(translation.source, "peers", peers);
  if (section == nullptr) return;
  PeersSection(translation, *section).Write();
  translation.Look(section->head,
                   "peers.haproxy is for as long as HAProxys run beside; replicas share by gossip: "
                   "write peers.listen, discovery and tls (docs/gossip.md)");
  if (translation.choice.room.composed) {
    translation.Look(*table,
                     "its key is more than the room: HAProxy and replicas share only rooms "
                     "whose key is the bare name");
  } else {
    translation.yaml.Set({"room_key", "tenant", "from_path"}, Node::Bare("", "false", table));
    translation.Look(*table, "HAProxy knows no tenants; remove room_key.tenant with peers.haproxy");
  }
  bool by_address = Argument(*table, "srvkey") == "addr";
  for (const Directive& one : translation.choice.backend->directives) {
    if (one.At(0) != "server-template" || by_address) continue;
    by_address = true;
    translation.Look(*table,
                     "slots of a server-template name another pod in each HAProxy: write "
                     "srvkey addr there before sharing rooms with it");
  }
  translation.SetText({"peers", "haproxy", "server_key"}, *table, by_address ? "address" : "name");
}

void TranslateResolvers(Translation& translation, const std::string& name) {
  const Section* section = FindSection(translation.source, "resolvers", name);
  if (section == nullptr) return;
  for (const Directive& one : section->directives) {
    const auto endpoint = ReadEndpoint(one.At(2));
    if (one.At(0) == "nameserver" && endpoint && !endpoint->host.empty()) {
      Endpoint address = *endpoint;
      if (address.port.empty()) address.port = "53";
      translation.ledger.Carry(one);
      translation.yaml.Append({"shards", "discovery", "resolvers"},
                              Node::Text("", address.text(), &one));
    } else if (one.At(0) == "nameserver") {
      translation.Drop(one, "not an IP; write shards.discovery.resolvers");
    } else if (one.Begins("hold", "obsolete")) {
      translation.SetTime({"shards", "discovery", "obsolete"}, one, 2);
    } else if (one.At(0) == "parse-resolv-conf") {
      translation.Done(one, "/etc/resolv.conf is read unless shards.discovery.resolvers is there");
    }
  }
}

}  // namespace room_router::config::haproxy
