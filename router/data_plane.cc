// SPDX-License-Identifier: Apache-2.0
#include "router/data_plane.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "router/client_connection.h"
#include "router/engine/client_tls_transport.h"
#include "router/exchange.h"
#include "router/tunnel.h"

namespace room_router {
namespace {

constexpr size_t kSpareExchanges = 256;
constexpr Duration kLingerTime = std::chrono::seconds(2);

// How endpoints are spoken to; sessions of TLS are resumed as long as that does not change.
UpstreamPool::MakeTransport TransportsFor(const ConfigSnapshot& snapshot) {
  using Memories = std::vector<std::shared_ptr<TlsMemory>>;  // index = EndpointId
  const bool with_tls = snapshot.config.shards.tls.enabled;
  return [with_tls, tls = snapshot.shard_tls, memories = Memories()](
             int descriptor, const Endpoint& endpoint) mutable -> std::unique_ptr<Transport> {
    if (!with_tls || endpoint.id == kBridgeEndpoint) {
      return std::make_unique<PlainTransport>(descriptor);
    }
    if (endpoint.id >= memories.size()) memories.resize(endpoint.id + 1);
    auto& memory = memories[endpoint.id];
    if (!memory) memory = std::make_shared<TlsMemory>();
    const std::string name = tls ? tls->NameOf(endpoint.host) : "";
    return std::make_unique<ClientTlsTransport>(descriptor, tls, name, memory);
  };
}

// Whether connections made before are not to be used any more. The system's authorities may have
// changed with every reload.
bool SpeakDifferently(const config::Shards& before, const config::Shards& now) {
  return now.tls.enabled || before.tls != now.tls || before.proxy_protocol != now.proxy_protocol;
}

uint64_t RandomBits() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

}  // namespace

std::string_view Scratch::Join(std::string_view head, std::string_view body) {
  const char* end = bytes_.data() + bytes_.size();
  if (body.data() < data() || body.data() >= end) return {};
  const auto offset = static_cast<size_t>(body.data() - bytes_.data());
  if (head.size() > offset) return {};
  char* start = bytes_.data() + (offset - head.size());
  std::memcpy(start, head.data(), head.size());
  return {start, head.size() + body.size()};
}

DataPlane::DataPlane(RoomDirectory& room_directory, AddressLimits& address_limits,
                     AccessLogRing* ring)
    : loop(timeouts),
      pool(loop, timeouts),
      directory(room_directory),
      addresses(address_limits),
      access_log(ring),
      request_digits_(RandomBits()),
      random_state_(RandomBits() | 1) {}

DataPlane::~DataPlane() {
  while (!clients.empty()) clients.front().Close();
  pool.CloseAll();
}

void DataPlane::Apply(std::shared_ptr<const ConfigSnapshot> snapshot) {
  if (!config || SpeakDifferently(config->config.shards, snapshot->config.shards)) {
    pool.Use(TransportsFor(*snapshot));
  }
  config = std::move(snapshot);
  const config::Timeouts& t = config->config.timeouts;
  timeouts.SetDuration(TimeoutClass::kClientHeader, t.client_header);
  timeouts.SetDuration(TimeoutClass::kClientIdle, t.client_idle);
  timeouts.SetDuration(TimeoutClass::kConnect, t.connect);
  timeouts.SetDuration(TimeoutClass::kServerResponse, t.server_response);
  timeouts.SetDuration(TimeoutClass::kTunnelIdle, t.tunnel_idle);
  timeouts.SetDuration(TimeoutClass::kHalfClosed, t.half_closed);
  timeouts.SetDuration(TimeoutClass::kUpstreamIdle, t.upstream_idle);
  timeouts.SetDuration(TimeoutClass::kLinger, kLingerTime);
}

void DataPlane::Apply(std::shared_ptr<const ShardSnapshot> snapshot) {
  shards = std::move(snapshot);
  pool.Retain(*shards->set);
  for (auto it = tunnels.begin(); it != tunnels.end();) {
    Tunnel& tunnel = *it++;
    if (!MayStay(tunnel)) tunnel.EndByRouter();
  }
}

bool DataPlane::MayStay(const Tunnel& tunnel) const {
  if (tunnel.shard() == kNoShard) return true;
  const Shard* shard = shards->set->FindById(tunnel.shard());
  return shard != nullptr && shard->KeepsRooms();
}

void DataPlane::NoteConnect(EndpointId endpoint, bool connected) {
  if (connected && failing_.erase(endpoint) == 0) return;
  if (!connected) {
    ++endpoint_stats(endpoint).connect_failures;
    failing_.insert(endpoint);
  }
  if (report_connect) report_connect(endpoint, connected);
}

const Endpoint* DataPlane::ChooseEndpoint(const Shard& shard, std::span<const EndpointId> tried) {
  const auto& endpoints = shard.endpoints;
  if (endpoints.empty()) return nullptr;
  if (endpoints.size() == 1) return &endpoints.front();
  const auto worse_than = [&](const Endpoint& a, const Endpoint& b) {
    const auto rank = [&](const Endpoint& e) {
      const bool was_tried = std::find(tried.begin(), tried.end(), e.id) != tried.end();
      return std::tuple(was_tried, !e.up, e.agent, endpoint_stats(e.id).outstanding);
    };
    return rank(a) > rank(b);
  };
  if (!tried.empty()) {
    return &*std::min_element(endpoints.begin(), endpoints.end(),
                              [&](const auto& a, const auto& b) { return worse_than(b, a); });
  }
  const auto draw = [&] {
    random_state_ ^= random_state_ << 13;
    random_state_ ^= random_state_ >> 7;
    random_state_ ^= random_state_ << 17;
    return random_state_ % endpoints.size();
  };
  const Endpoint& a = endpoints[draw()];
  const Endpoint& b = endpoints[draw()];
  const Endpoint& best = worse_than(a, b) ? b : a;
  if (best.up && best.agent == AdminState::kReady) return &best;
  return &*std::min_element(endpoints.begin(), endpoints.end(),
                            [&](const auto& x, const auto& y) { return worse_than(y, x); });
}

std::unique_ptr<Exchange> DataPlane::TakeExchange() {
  if (spare_exchanges_.empty()) return std::make_unique<Exchange>(*this);
  auto exchange = std::move(spare_exchanges_.back());
  spare_exchanges_.pop_back();
  return exchange;
}

void DataPlane::Recycle(std::unique_ptr<Exchange> exchange) {
  if (exchange == nullptr) return;
  if (spare_exchanges_.size() < kSpareExchanges) {
    spare_exchanges_.push_back(std::move(exchange));
  } else {
    loop.Bury(std::move(exchange));
  }
}

}  // namespace room_router
