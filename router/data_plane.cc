// SPDX-License-Identifier: Apache-2.0
#include "router/data_plane.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "router/admin/admin_view.h"
#include "router/client_connection.h"
#include "router/exchange.h"
#include "router/tunnel.h"

namespace room_router {
namespace {

constexpr size_t kSpareExchanges = 256;
constexpr Duration kLingerTime = std::chrono::seconds(2);

}  // namespace

ConfigSnapshot::ConfigSnapshot(config::Config loaded)
    : config(std::move(loaded)),
      keys(config.room_key),
      heads(config.headers, config.node.region),
      errors(config.error_bodies),
      limits{.first_line = config.limits.request_line,
             .head = config.limits.header_bytes,
             .fields = config.limits.header_fields} {
  for (const auto& listener : config.listeners) {
    listener_ports.push_back(std::to_string(listener.address.port()));
    listener_names.push_back(admin::ListenerName(listener_names.size()));
  }
}

bool ConfigSnapshot::Trusts(const SocketAddress& peer) const {
  return std::any_of(config.trusted_proxies.begin(), config.trusted_proxies.end(),
                     [&](const AddressRange& range) { return range.Contains(peer); });
}

std::string_view Scratch::Join(std::string_view head, std::string_view body) {
  const char* end = bytes_.data() + bytes_.size();
  if (body.data() < data() || body.data() >= end) return {};
  const auto offset = static_cast<size_t>(body.data() - bytes_.data());
  if (head.size() > offset) return {};
  char* start = bytes_.data() + (offset - head.size());
  std::memcpy(start, head.data(), head.size());
  return {start, head.size() + body.size()};
}

DataPlane::DataPlane(RoomDirectory& room_directory, AccessLogRing* ring)
    : loop(timeouts), pool(loop, timeouts), directory(room_directory), access_log(ring) {
  std::random_device device;
  request_id_base_ = (static_cast<uint64_t>(device()) << 32) | device();
  random_state_ = request_id_base_ | 1;
}

DataPlane::~DataPlane() {
  while (!clients.empty()) clients.front().Close();
  pool.CloseAll();
}

void DataPlane::Apply(std::shared_ptr<const ConfigSnapshot> snapshot) {
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
    if (tunnel.shard() == kNoShard) continue;  // to a bridge: it lives as long as both ends
    const Shard* shard = shards->set->FindById(tunnel.shard());
    if (shard == nullptr || !shard->KeepsRooms()) tunnel.EndByRouter();
  }
}

std::string_view DataPlane::NextRequestId() {
  static constexpr char kDigits[] = "0123456789abcdef";
  uint64_t id = request_id_base_ + ++request_id_count_;
  for (auto digit = request_id_.rbegin(); digit != request_id_.rend(); ++digit, id >>= 4) {
    *digit = kDigits[id & 15];
  }
  return {request_id_.data(), request_id_.size()};
}

const Endpoint* DataPlane::ChooseEndpoint(const Shard& shard, std::span<const EndpointId> tried) {
  const auto& endpoints = shard.endpoints;
  if (endpoints.empty()) return nullptr;
  if (endpoints.size() == 1) return &endpoints.front();
  const auto worse_than = [&](const Endpoint& a, const Endpoint& b) {
    const auto rank = [&](const Endpoint& e) {
      const bool was_tried = std::find(tried.begin(), tried.end(), e.id) != tried.end();
      return std::tuple(was_tried, !e.up, endpoint_stats(e.id).outstanding);
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
  if (best.up) return &best;
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
