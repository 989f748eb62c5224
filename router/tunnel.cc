// SPDX-License-Identifier: Apache-2.0
#include "router/tunnel.h"

namespace room_router {
namespace {

using Status = IoResult::Status;

// Bytes per event and direction before other connections get their turn.
constexpr size_t kBytesPerTurn = 1 << 20;

}  // namespace

Tunnel::Tunnel(DataPlane& plane, ClientConnection& client,
               std::unique_ptr<UpstreamConnection> upstream, Origin origin)
    : plane_(plane), client_(client), upstream_(std::move(upstream)), origin_(std::move(origin)) {
  upstream_->set_user(this);
  plane_.tunnels.push_back(*this);
  EndpointStats& stats = plane_.endpoint_stats(upstream_->endpoint());
  ++stats.tunnels;
  ++stats.tunnels_total;
  if (!origin_.has_key) return;
  const ShardId home = plane_.directory.table().AcquireSession(origin_.key_namespace, origin_.key,
                                                               plane_.loop.now());
  misplaced_ = home != kNoShard && home != origin_.shard;
}

Tunnel::~Tunnel() = default;

void Tunnel::Start(std::string_view early) {
  if (misplaced_ && plane_.config->config.stick_table.heal_close) {
    ++plane_.stats.sessions_moved;
    return EndByRouter();
  }
  if (!plane_.MayStay(*this)) return EndByRouter();
  if (!early.empty()) {
    origin_.bytes_in += early.size();
    client_.stats().bytes_in += early.size();
    if (!upstream_->channel.Write(early)) return client_.Close();
  }
  Pump();
}

void Tunnel::OnEvents(uint32_t) { Pump(); }

void Tunnel::Pump() {
  if (!upstream_) return;
  uint64_t in = 0, out = 0;
  Channel& shard = upstream_->channel;
  const bool alive = Relay(client_.channel, shard, in) && Relay(shard, client_.channel, out);
  Account(in, out);
  if (!alive || (client_.channel.writes_ended() && shard.writes_ended())) return client_.Close();
  const bool half_closed = client_.channel.writes_ending() || shard.writes_ending();
  client_.Arm(half_closed ? TimeoutClass::kHalfClosed : TimeoutClass::kTunnelIdle);
}

bool Tunnel::Relay(Channel& from, Channel& to, uint64_t& bytes) {
  if (to.blocked() && !to.Flush()) return false;
  size_t moved = 0;
  while (from.readable() && !to.blocked()) {
    if (moved >= kBytesPerTurn) {
      plane_.loop.Again(*this);
      return true;
    }
    const IoResult result = from.Read(plane_.scratch.data(), to.Appetite());
    if (result.status == Status::kBlocked) break;
    if (result.status == Status::kError) return false;
    if (result.status == Status::kEof) break;
    moved += result.bytes;
    bytes += result.bytes;
    if (!to.Write({plane_.scratch.data(), result.bytes})) return false;
  }
  if (from.eof() && !to.writes_ending()) to.EndWrites();
  return true;
}

void Tunnel::Account(uint64_t in, uint64_t out) {
  origin_.bytes_in += in;
  origin_.bytes_out += out;
  ListenerStats& listener = client_.stats();
  listener.bytes_in += in;
  listener.bytes_out += out;
  EndpointStats& endpoint = plane_.endpoint_stats(upstream_->endpoint());
  endpoint.bytes_in += in;
  endpoint.bytes_out += out;
}

void Tunnel::OnTimeout() {
  termination_ = "cD";
  client_.Close();
}

std::optional<LiveSession> Tunnel::session() const {
  if (!origin_.has_key) return {};
  return LiveSession{
      .key_namespace = origin_.key_namespace, .key = origin_.key, .shard = origin_.shard};
}

Destination Tunnel::destination() const {
  return {.shard = origin_.shard,
          .endpoint = upstream_ ? upstream_->endpoint() : kNoEndpoint,
          .has_room = origin_.has_key,
          .key_namespace = origin_.key_namespace,
          .key = origin_.key};
}

void Tunnel::EndByRouter() {
  termination_ = "DD";
  client_.Close();
}

void Tunnel::End() {
  if (!upstream_) return;
  const bool clean = client_.channel.writes_ended() && upstream_->channel.writes_ended();
  EndpointStats& stats = plane_.endpoint_stats(upstream_->endpoint());
  --stats.tunnels;
  --stats.outstanding;
  plane_.tunnels.erase(plane_.tunnels.iterator_to(*this));
  if (origin_.has_key) {
    plane_.directory.table().ReleaseSession(origin_.key_namespace, origin_.key, plane_.loop.now());
  }
  if (origin_.log && plane_.access_log != nullptr) {
    origin_.log->Write(*plane_.access_log, 101, origin_.bytes_out,
                       clean ? "--" : (termination_.empty() ? "CD" : termination_),
                       plane_.loop.now());
  }
  plane_.pool.Discard(std::move(upstream_));
}

}  // namespace room_router
