// SPDX-License-Identifier: Apache-2.0
#include "router/admin/peers_json.h"

#include <nlohmann/json.hpp>

#include "router/admin/api_text.h"

namespace room_router::admin {
namespace {

using std::chrono::seconds;

Json ReplicaJson(const ReplicaView& replica, const AdminView& view) {
  Json json = {{"name", replica.name},
               {"address", replica.address.ToString()},
               {"state", ToString(replica.state)},
               {"this", replica.self},
               {"linked", replica.linked},
               {"synced", replica.synced},
               {"since", TimeText(view, replica.since)},
               {"linked_since", nullptr},
               {"last_heard", nullptr},
               {"lag_seconds", nullptr},
               {"rtt_ms", nullptr},
               {"queued_bytes", replica.queued},
               {"incarnation", replica.incarnation},
               {"entries", nullptr},
               {"rooms", nullptr}};
  if (replica.linked) json["linked_since"] = TimeText(view, replica.linked_at);
  if (replica.last_sync != TimePoint{}) {
    json["last_heard"] = TimeText(view, replica.last_sync);
    json["lag_seconds"] =
        std::max<int64_t>(0, std::chrono::floor<seconds>(view.now - replica.last_sync).count());
  }
  if (!replica.self && replica.rtt > Duration(0)) json["rtt_ms"] = replica.rtt.count();
  if (replica.self) {
    json["entries"] = view.table.entries;
    json["rooms"] = view.rooms_total;
  }
  return json;
}

Json HaproxyJson(const HaproxyPeers::View& peer, const AdminView& view) {
  const haproxy::PeerCounters& counters = peer.counters;
  Json json = {{"name", peer.name},
               {"address", peer.address.ToString()},
               {"status", ToString(peer.status)},
               {"connected", peer.connected},
               {"last_handshake", nullptr},
               {"connects_total", peer.connects},
               {"protocol_errors_total", peer.protocol_errors},
               {"learned_total", counters.learned},
               {"corrected_total", counters.corrected},
               {"taught_total", counters.taught},
               {"unknown_servers_total", counters.unknown_servers},
               {"unreadable_names_total", counters.unreadable_names},
               {"mismatch", peer.mismatch}};
  if (peer.last_handshake != TimePoint::min()) {
    json["last_handshake"] = TimeText(view, peer.last_handshake);
  }
  return json;
}

}  // namespace

AdminPage ReadPeers(const ApiCall& call) {
  const AdminView& view = *call.view;
  const ReplicationView& all = view.replication;
  Json replicas = Json::array(), haproxys = Json::array();
  for (const ReplicaView& each : all.replicas) replicas.push_back(ReplicaJson(each, view));
  for (const HaproxyPeers::View& each : all.haproxy) haproxys.push_back(HaproxyJson(each, view));
  return JsonPage(200, Dump({{"gossips", all.gossips},
                             {"cluster", view.config->peers.cluster},
                             {"synced", all.synced},
                             {"split_rooms_total", all.split_rooms},
                             {"healed_rooms_total", all.healed_rooms},
                             {"healing", all.healing},
                             {"replicas", std::move(replicas)},
                             {"haproxy", std::move(haproxys)}}));
}

}  // namespace room_router::admin
