// SPDX-License-Identifier: Apache-2.0
#include "router/admin/show_peers.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace room_router::admin {
namespace {

constexpr std::string_view kHaproxy = "haproxy";

using Seconds = std::chrono::seconds;

// As HAProxy's human_time: the two greatest units.
std::string Ago(TimePoint then, TimePoint now) {
  const auto s = std::max<int64_t>(0, std::chrono::duration_cast<Seconds>(now - then).count());
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{}s", s / 60, s % 60);
  if (s < 86'400) return fmt::format("{}h{}m", s / 3600, s / 60 % 60);
  return fmt::format("{}d{}h", s / 86'400, s / 3600 % 24);
}

// Entries are told apart by a number where HAProxy shows an address of memory.
class Listing {
 public:
  explicit Listing(const AdminView& view) : view_(view) {}

  void Section(std::string_view name) {
    const auto now = std::chrono::system_clock::to_time_t(view_.start_time + view_.uptime);
    Add("{:#014x}: [{:%d/%b/%Y:%H:%M:%S}] id={} disabled=0", ++number_, fmt::localtime(now), name);
  }

  struct Peer {
    std::string_view name;
    bool local = false, active = false;
    SocketAddress address;
    std::string_view status;
    TimePoint handshake;
    bool greeted = false;
  };
  void Line(const Peer& peer) {
    Add("  {:#014x}: id={}({},{}) addr={} last_status={} last_hdshk={}\n        ", ++number_,
        peer.name, peer.local ? "local" : "remote", peer.active ? "active" : "inactive",
        peer.address.ToString(), peer.status,
        peer.greeted ? Ago(peer.handshake, view_.now) : "<NEVER>");
  }

  template <typename... Values>
  void Add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }
  std::string Take() { return std::move(text_); }

 private:
  const AdminView& view_;
  uint64_t number_ = 0;
  std::string text_;
};

void AddReplicas(Listing& listing, const AdminView& view) {
  const ReplicationView& all = view.replication;
  listing.Section(view.config->peers.cluster);
  listing.Add(" synced={} split_rooms={} healed_rooms={} healing={}\n", all.synced ? 1 : 0,
              all.split_rooms, all.healed_rooms, all.healing);
  for (const ReplicaView& replica : all.replicas) {
    listing.Line({.name = replica.name,
                  .local = replica.self,
                  .active = replica.linked,
                  .address = replica.address,
                  .status = replica.linked ? "ESTA" : "NONE",
                  .handshake = replica.linked_at,
                  .greeted = replica.linked});
    const bool compared = replica.last_sync != TimePoint{};
    listing.Add("state={} since={} synced={} rtt={:.1f}ms last_sync={} queued={} incarnation={}\n",
                ToString(replica.state), Ago(replica.since, view.now), replica.synced ? 1 : 0,
                std::chrono::duration<double, std::milli>(replica.rtt).count(),
                compared ? Ago(replica.last_sync, view.now) : "<NEVER>", replica.queued,
                replica.incarnation);
  }
}

void AddHaproxys(Listing& listing, const AdminView& view) {
  listing.Section(kHaproxy);
  listing.Add("\n");
  for (const HaproxyPeers::View& peer : view.replication.haproxy) {
    const haproxy::PeerCounters& counters = peer.counters;
    listing.Line({.name = peer.name,
                  .active = peer.connected,
                  .address = peer.address,
                  .status = ToString(peer.status),
                  .handshake = peer.last_handshake,
                  .greeted = peer.last_handshake != TimePoint::min()});
    listing.Add("new_conn={} proto_err={} coll={} silent={} learned={} corrected={} taught={}",
                peer.connects, peer.protocol_errors, peer.collisions, peer.silences,
                counters.learned, counters.corrected, counters.taught);
    listing.Add(" unknown_servers={} unreadable_names={} long_names={} key_length={}\n",
                counters.unknown_servers, counters.unreadable_names,
                counters.long_names + counters.cut_names + counters.too_long_names,
                peer.key_length);
    if (!peer.mismatch.empty()) listing.Add("        not shared: {}\n", peer.mismatch);
  }
}

}  // namespace

std::vector<std::string> PeerSections(const AdminView& view) {
  std::vector<std::string> sections;
  if (view.replication.gossips) sections.push_back(view.config->peers.cluster);
  if (!view.replication.haproxy.empty()) sections.emplace_back(kHaproxy);
  return sections;
}

std::string ShowPeers(const AdminView& view, std::string_view section) {
  Listing listing(view);
  const auto wanted = [section](std::string_view name) {
    return section.empty() || section == name;
  };
  if (view.replication.gossips && wanted(view.config->peers.cluster)) AddReplicas(listing, view);
  if (!view.replication.haproxy.empty() && wanted(kHaproxy)) AddHaproxys(listing, view);
  return listing.Take();
}

}  // namespace room_router::admin
