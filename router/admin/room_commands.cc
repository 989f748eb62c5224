// SPDX-License-Identifier: Apache-2.0
#include "router/admin/room_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>

#include "router/admin/room_json.h"
#include "router/admin/show_table.h"

namespace room_router::admin {
namespace {

using config::AdminLevel;

int64_t SecondsBetween(TimePoint from, TimePoint to) {
  return std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(to - from).count());
}

std::string_view OrDash(std::string_view text) { return text.empty() ? "-" : text; }

std::string ShardLine(const AdminView& view, size_t position) {
  const Shard& shard = view.shards->shards[position];
  uint64_t requests = 0;
  uint32_t sessions = 0, tunnels = 0;
  for (const Endpoint& endpoint : shard.endpoints) {
    const EndpointStats& stats = EndpointStatsOf(view.stats, endpoint.id);
    requests += stats.requests;
    sessions += stats.outstanding;
    tunnels += stats.tunnels;
  }
  const auto up = std::ranges::count(shard.endpoints, true, &Endpoint::up);
  const auto since =
      shard.since == TimePoint{} ? view.uptime.count() : SecondsBetween(shard.since, view.now);
  return fmt::format("{:<20} {:<9} {:<6} {:>6g} {:>6} {:>8} {:>7} {:>9} {:>5} {:>8} {} {}\n",
                     shard.name, ToString(shard.state), ToString(shard.admin), shard.weight,
                     view.rooms[position], sessions, tunnels, requests,
                     fmt::format("{}/{}", up, shard.endpoints.size()), fmt::format("{}s", since),
                     OrDash(shard.region), OrDash(shard.release));
}

CliReply ShowShards(const CliWords&, const CliContext& context) {
  const AdminView& view = *context.view;
  std::string text = fmt::format(
      "# {:<18} {:<9} {:<6} {:>6} {:>6} {:>8} {:>7} {:>9} {:>5} {:>8} region release\n", "shard",
      "state", "admin", "weight", "rooms", "sessions", "tunnels", "requests", "up", "since");
  for (size_t i = 0; i < view.shards->shards.size(); ++i) text += ShardLine(view, i);
  return {.text = std::move(text)};
}

template <class Wanted>
std::vector<EntryView> Entries(const CliContext& context, Wanted wanted) {
  std::vector<EntryView> entries;
  context.sources.table->ForEach(context.now, [&](const EntryView& entry) {
    if (wanted(entry)) entries.push_back(entry);
  });
  std::ranges::sort(entries, {}, &EntryView::display);
  return entries;
}

std::string ShardOf(const EntryView& entry, const ShardSet& shards) {
  const Shard* shard = shards.FindById(entry.shard);
  if (shard == nullptr) return entry.shard == kNoShard ? "none" : "one that is gone";
  return fmt::format("{} ({}, {})", shard->name, ToString(shard->state), ToString(shard->admin));
}

std::string OtherReplicas(const ReplicationView& replication) {
  std::string names;
  for (const ReplicaView& replica : replication.replicas) {
    if (replica.self) continue;
    fmt::format_to(std::back_inserter(names), "{}{}{}", names.empty() ? "" : ", ", replica.name,
                   replica.linked ? "" : " (out of reach)");
  }
  return names.empty() ? "no other replica" : names;
}

std::string Describe(const EntryView& entry, const ShardSet& shards, TimePoint now) {
  constexpr std::array<std::string_view, 3> kKinds = {"room", "whiteboard", "etherpad"};
  const std::string lease = entry.sessions > 0
                                ? "held by its sessions"
                                : fmt::format("{}s left", SecondsBetween(now, entry.expires));
  return fmt::format("{}: {}\nshard: {}\nsince: {}s, epoch {}\nlease: {}\nsessions here: {}\n{}",
                     kKinds.at(static_cast<size_t>(entry.key_namespace)), EscapeKey(entry.display),
                     ShardOf(entry, shards), SecondsBetween(entry.created, now), entry.epoch, lease,
                     entry.sessions, entry.split ? "split: being healed\n" : "");
}

// show room <name>
CliReply ShowRoom(const CliWords& words, const CliContext& context) {
  const std::string_view name = WordAt(words, 2);
  if (name.empty()) return Error("usage: show room <name>\n");
  const auto entries = EntriesOf(name, context.sources, context.now);
  if (entries.empty()) return Error("No such room.\n");
  const ShardSetPtr shards = context.sources.shards();
  std::string text;
  for (const EntryView& entry : entries) text += Describe(entry, *shards, context.now);
  const ReplicationView& replication = context.view->replication;
  if (replication.gossips) text += "shared with: " + OtherReplicas(replication) + "\n";
  return {.text = std::move(text)};
}

CliReply ShowSplit(const CliWords&, const CliContext& context) {
  const ReplicationView& replication = context.view->replication;
  const auto config = context.sources.config();
  const ShardSetPtr shards = context.sources.shards();
  const TableContext around{.name = config->stick_table.name,
                            .replica = config->node.name,
                            .table = *context.sources.table,
                            .shards = *shards,
                            .key = {},
                            .now = context.now};
  std::string text = fmt::format("# found: {}, healed: {}, healing: {}\n", replication.split_rooms,
                                 replication.healed_rooms, replication.healing);
  for (const EntryView& entry :
       Entries(context, [](const EntryView& each) { return each.split; })) {
    text += TableLine(entry, around);
  }
  return {.text = std::move(text)};
}

std::string ReplicaLine(const ReplicaView& replica, TimePoint now) {
  const auto rtt = std::chrono::duration<double, std::milli>(replica.rtt).count();
  const bool compared = replica.last_sync != TimePoint{};
  return fmt::format(
      "{:<20} {:<21} {:<8} {:<6} {:<6} {:>8} {:>8} {:>9} {:>7}\n", replica.name,
      replica.address.ToString(), ToString(replica.state),
      replica.self     ? "self"
      : replica.linked ? "yes"
                       : "no",
      replica.synced ? "yes" : "no", fmt::format("{}s", SecondsBetween(replica.since, now)),
      replica.self ? "-" : fmt::format("{:.1f}ms", rtt),
      compared ? fmt::format("{}s", SecondsBetween(replica.last_sync, now)) : "-", replica.queued);
}

CliReply ShowReplicas(const CliWords&, const CliContext& context) {
  const AdminView& view = *context.view;
  if (!view.replication.gossips) return {.text = "# this replica is alone (peers.listen)\n"};
  std::string text =
      fmt::format("# {:<18} {:<21} {:<8} {:<6} {:<6} {:>8} {:>8} {:>9} {:>7}\n", "replica",
                  "address", "state", "linked", "synced", "since", "rtt", "last_sync", "queued");
  for (const ReplicaView& each : view.replication.replicas) text += ReplicaLine(each, view.now);
  return {.text = std::move(text)};
}

constexpr std::array<CliCommand, 4> kCommands = {{
    {.words = "show replicas",
     .usage = "show replicas",
     .help = "list the replicas and how they are linked",
     .run = ShowReplicas,
     .needs_view = true},
    {.words = "show room",
     .usage = "show room <name>",
     .help = "say on which shard a room lives, since when and for how long",
     .run = ShowRoom,
     .needs_view = true,
     .least = AdminLevel::kOperator},
    {.words = "show shards",
     .usage = "show shards",
     .help = "list the shards with their state and load",
     .run = ShowShards,
     .needs_view = true},
    {.words = "show split",
     .usage = "show split",
     .help = "list the rooms that live on two shards",
     .run = ShowSplit,
     .needs_view = true,
     .least = AdminLevel::kOperator},
}};

}  // namespace

CliCommands RoomCommands() { return kCommands; }

}  // namespace room_router::admin
