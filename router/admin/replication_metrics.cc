// SPDX-License-Identifier: Apache-2.0
#include "router/admin/replication_metrics.h"

#include <array>
#include <tuple>
#include <utility>

namespace room_router {
namespace {

constexpr auto kCounter = MetricType::Counter;
constexpr auto kGauge = MetricType::Gauge;

struct LabelledCount {
  const char* label;
  uint64_t value;
};

template <size_t N>
void AddCounts(MetricFamilies& out, Family family, const char* label,
               const std::array<LabelledCount, N>& counts) {
  for (const auto& [name, value] : counts) family.Add(With({}, label, name), value);
  out.push_back(family.Take());
}

void AddReplicas(MetricFamilies& out, const ReplicationView& view) {
  std::array<uint64_t, 4> by_state{};
  uint64_t linked = 0, queued = 0;
  for (const ReplicaView& replica : view.replicas) {
    ++by_state[static_cast<size_t>(replica.state)];
    linked += replica.linked ? 1 : 0;
    queued += replica.queued;
  }
  Family replicas("replicas", kGauge, "Replicas of the router by state, this one included.");
  for (const auto state :
       {ReplicaState::kAlive, ReplicaState::kSuspect, ReplicaState::kDead, ReplicaState::kLeft}) {
    replicas.Add(With({}, "state", ToString(state)), by_state[static_cast<size_t>(state)]);
  }
  out.push_back(replicas.Take());
  AddOne(out, "replica_links", kGauge, "Replicas this one has a link to.", linked);
  AddOne(out, "replica_synced", kGauge, "1 once this replica knows what the others know.",
         view.synced ? 1 : 0);
  AddOne(out, "gossip_queued_bytes", kGauge, "Bytes that wait on links to other replicas.", queued);
}

void AddVotes(MetricFamilies& out, const ReplicationView& view) {
  Family votes("shard_down_votes", kGauge, "Live replicas whose checks find the shard down.");
  for (const auto& [shard, count] : view.down_votes) votes.Add(With({}, "shard", shard), count);
  out.push_back(votes.Take());
}

void AddTraffic(MetricFamilies& out, const GossipStats& stats) {
  AddCounts(out, Family("gossip_frames_total", kCounter, "Frames exchanged with replicas."),
            "direction",
            std::array<LabelledCount, 2>{{{"in", stats.frames_in}, {"out", stats.frames_out}}});
  AddCounts(out, Family("gossip_bytes_total", kCounter, "Bytes of frames, without TLS."),
            "direction",
            std::array<LabelledCount, 2>{{{"in", stats.bytes_in}, {"out", stats.bytes_out}}});
  AddCounts(out, Family("gossip_entries_total", kCounter, "Entries heard of, by what they were."),
            "result",
            std::array<LabelledCount, 3>{
                {{"adopted", stats.adopted}, {"renewed", stats.renewed}, {"stale", stats.stale}}});
  AddCounts(out, Family("gossip_refusals_total", kCounter, "What was heard and not taken."),
            "reason",
            std::array<LabelledCount, 6>{{{"table_full", stats.refused_full},
                                          {"clock", stats.refused_clock},
                                          {"shard_names", stats.refused_names},
                                          {"admin", stats.refused_admin},
                                          {"replicas", stats.refused_members},
                                          {"malformed", stats.malformed}}});
  AddCounts(
      out, Family("gossip_syncs_total", kCounter, "Comparisons of the whole table."), "result",
      std::array<LabelledCount, 2>{{{"completed", stats.syncs}, {"failed", stats.syncs_failed}}});
  Family propagation("gossip_propagation_seconds", MetricType::Histogram,
                     "Time from a room's placement at another replica until this one knew of it.");
  propagation.Add({}, stats.propagation);
  out.push_back(propagation.Take());
  AddOne(out, "gossip_repaired_entries_total", kCounter,
         "Entries that a comparison of the table brought, not the frame that told of them first.",
         stats.sync_records_in);
  AddOne(out, "gossip_dropped_frames_total", kCounter,
         "Frames dropped because a replica did not take them in time; a sync repairs that.",
         stats.dropped_frames);
  AddOne(out, "replica_suspicions_total", kCounter,
         "Replicas this one took for silent, and said so.", stats.suspicions);
}

void AddLinks(MetricFamilies& out, const GossipTransport::Stats& stats) {
  AddOne(out, "replica_links_opened_total", kCounter, "Links to other replicas that came up.",
         stats.up);
  Family ended("replica_links_ended_total", kCounter,
               "Streams to or from other replicas that ended, by reason.");
  for (size_t i = 0; i < kLinkEnds; ++i) {
    ended.Add(With({}, "reason", ToString(static_cast<LinkEnd>(i))), stats.ended[i]);
  }
  out.push_back(ended.Take());
}

void AddHaproxy(MetricFamilies& out, const std::vector<HaproxyPeers::View>& peers) {
  Family up("haproxy_peer_up", kGauge, "1 while connected to the HAProxy peer.");
  Family entries("haproxy_peer_entries_total", kCounter,
                 "Entries exchanged with the HAProxy peer.");
  Family errors("haproxy_peer_errors_total", kCounter,
                "Connections to the HAProxy peer lost for a fault of the protocol or silence.");
  for (const HaproxyPeers::View& peer : peers) {
    const MetricLabels labels = With({}, "peer", peer.name);
    up.Add(labels, peer.connected ? 1 : 0);
    entries.Add(With(labels, "direction", "in"), peer.counters.learned);
    entries.Add(With(labels, "direction", "out"), peer.counters.taught);
    errors.Add(With(labels, "reason", "protocol"), peer.protocol_errors);
    errors.Add(With(labels, "reason", "silence"), peer.silences);
  }
  for (Family* family : {&up, &entries, &errors}) out.push_back(family->Take());
}

}  // namespace

void AddReplication(MetricFamilies& out, const ReplicationView& view) {
  AddOne(out, "split_rooms_total", kCounter,
         "Rooms that two replicas had placed on different shards, this one on the losing side.",
         view.split_rooms);
  AddOne(out, "healed_rooms_total", kCounter,
         "Rooms whose sessions here were ended so that they join on the right shard.",
         view.healed_rooms);
  Family heal("split_heal_seconds", MetricType::Histogram,
              "Time from when this replica found a split room until it ended the sessions there.");
  heal.Add({}, view.heal);
  out.push_back(heal.Take());
  if (view.gossips) {
    AddReplicas(out, view);
    AddVotes(out, view);
    AddTraffic(out, view.gossip);
    AddLinks(out, view.transport);
  }
  if (!view.haproxy.empty()) AddHaproxy(out, view.haproxy);
}

}  // namespace room_router
