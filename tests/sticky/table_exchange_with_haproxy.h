// SPDX-License-Identifier: Apache-2.0
// A TableExchange between a table and two FakeHaproxys, for tests: shard3 is down, the others up.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "sticky/haproxy_peers.h"
#include "tests/sticky/fake_haproxy.h"
#include "tests/sticky/haproxy_bytes.h"
#include "tests/sticky/shards.h"

namespace room_router::haproxy {

inline constexpr TimePoint kStart{std::chrono::hours(1)};
inline constexpr auto kRoom = KeyNamespace::kRoom;

class TableExchangeTest : public testing::Test {
 protected:
  explicit TableExchangeTest(std::optional<ServerKeyForm> server_key = std::nullopt)
      : settings_{"jitsi-meet", Duration(60'000), {"haproxy-0", "haproxy-1"}, server_key} {
    Shard gone = test::UpShard(3, "shard3");
    gone.state = ShardState::kDown;
    SetShards(
        {test::UpShard(0, "shard0"), test::UpShard(1, "shard1"), test::UpShard(2, "shard2"), gone});
  }

  void SetShards(std::vector<Shard> shards) {
    for (Shard& shard : shards) {
      shard.endpoints = {{.name = "web-" + shard.name,
                          .address = *SocketAddress::FromIp("10.0.0.1", uint16_t(8000 + shard.id)),
                          .up = true}};
    }
    shards_ = std::make_shared<ShardSet>(test::Sorted(std::move(shards)));
  }

  void Connect(size_t index, TimePoint now) {
    FakeHaproxy& peer = peers_[index];
    peer.ours.emplace(
        PeerSession::Settings{
            .local_name = "router-0", .table = "jitsi-meet", .expire = Duration(60'000)},
        index == 0 ? "haproxy-0" : "haproxy-1", 1, now);
    peer.ours->TakeOutgoing();
    peer.tables.emplace("jitsi-meet");
    peer.said.clear();
    peer.entries.clear();
    peer.updates = 0;
    exchange_.Begin(index, (peer.ours->Receive("200\n", now), *peer.ours), now);
    peer.ours->TakeEvents();
    Settle(now);
  }

  void Disconnect(size_t index) {
    exchange_.End(index);
    peers_[index].ours.reset();
  }

  // As one HAProxy whose table was empty.
  void ConnectAndLearn(size_t index, TimePoint now) {
    Connect(index, now);
    Say(index, test::kHaproxyTable + test::kResyncFinished, now);
  }

  void Say(size_t index, const std::string& bytes, TimePoint now) {
    peers_[index].ours->Receive(bytes, now);
    for (const auto& event : peers_[index].ours->TakeEvents()) exchange_.Take(index, event, now);
    Settle(now);
  }

  void Settle(TimePoint now) {
    for (size_t i = 0; i < std::size(peers_); ++i) {
      if (!peers_[i].ours || peers_[i].ours->state() != PeerSession::State::kEstablished) continue;
      for (exchange_.Fill(i, now); peers_[i].ours->HasOutgoing(); exchange_.Fill(i, now)) {
        peers_[i].Hear();
      }
    }
  }

  RoomKey KeyOf(std::string_view room) const {
    RoomRequest request;
    reader_.ReadName("", room, request);
    return request.key;
  }

  // A request bound the room here.
  CellRecord Bind(std::string room, ShardId shard, TimePoint now) {
    table_.FindOrBind(kRoom, KeyOf(room), room, now, [shard](ShardId) { return shard; });
    return {.key = KeyOf(room), .shard = shard, .lease = Duration(60'000), .display = room};
  }

  void Teach(const CellRecord& record, TimePoint now) {
    exchange_.Teach(std::span(&record, 1), now);
    Settle(now);
  }

  ShardId Find(std::string_view room, TimePoint now) const {
    const auto hit = table_.Find(kRoom, KeyOf(room), now);
    return hit ? hit->shard : kNoShard;
  }

  std::shared_ptr<const ShardSet> shards_;
  const RoomKeyReader reader_{config::RoomKey{}};
  StickTable table_{{.size = 300'000, .expire = Duration(60'000), .display_bytes = 32}};
  std::vector<Event> events_;
  int heard_ = 0;
  const TableExchange::Settings settings_;
  TableExchange exchange_{settings_,
                          table_,
                          {.shards = [this] { return shards_; },
                           .read_name = [this](auto tenant, auto room,
                                               auto& out) { reader_.ReadName(tenant, room, out); },
                           .log = [this](Event event) { events_.push_back(std::move(event)); },
                           .heard = [this] { ++heard_; }},
                          kStart};
  FakeHaproxy peers_[2];
};

}  // namespace room_router::haproxy
