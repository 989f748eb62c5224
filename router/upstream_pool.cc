// SPDX-License-Identifier: Apache-2.0
#include "router/upstream_pool.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "discovery/bridge_set.h"

namespace room_router {

void UpstreamConnection::OnEvents(uint32_t events) {
  if (!channel.open()) return;
  channel.Note(events);
  if (connecting_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) FinishConnect();
  if (user_ != nullptr) {
    user_->OnEvents(events);
  } else if (channel.readable()) {
    pool_.DropIdle(*this);  // closed by the endpoint, or bytes nobody asked for
  }
}

void UpstreamConnection::OnTimeout(TimeoutClass) { pool_.DropIdle(*this); }

void UpstreamConnection::FinishConnect() {
  connecting_ = false;
  socklen_t size = sizeof connect_error_;
  if (getsockopt(channel.descriptor(), SOL_SOCKET, SO_ERROR, &connect_error_, &size) != 0) {
    connect_error_ = errno;
  }
}

std::unique_ptr<UpstreamConnection> UpstreamPool::Take(EndpointId endpoint) {
  if (idle(endpoint) == 0) return nullptr;
  auto connection = std::move(idle_[endpoint].back());
  idle_[endpoint].pop_back();
  timeouts_.Disarm(*connection);
  connection->reused_ = true;
  return connection;
}

std::unique_ptr<UpstreamConnection> UpstreamPool::Connect(const Endpoint& endpoint) {
  const int descriptor =
      socket(endpoint.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return nullptr;
  auto transport = make_transport_(descriptor);
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(descriptor, endpoint.address.data(), endpoint.address.size()) != 0 &&
      errno != EINPROGRESS) {
    return nullptr;
  }
  auto connection = std::make_unique<UpstreamConnection>(*this, endpoint.id, std::move(transport));
  if (!loop_.Add(descriptor, *connection)) return nullptr;
  return connection;
}

void UpstreamPool::Keep(std::unique_ptr<UpstreamConnection> connection) {
  const EndpointId endpoint = connection->endpoint();
  if (endpoint == kBridgeEndpoint) return Discard(std::move(connection));
  if (endpoint >= idle_.size()) idle_.resize(endpoint + 1);
  if (idle_[endpoint].size() >= kIdlePerEndpoint) return Discard(std::move(connection));
  connection->set_user(nullptr);
  timeouts_.Arm(*connection, TimeoutClass::kUpstreamIdle, loop_.now());
  idle_[endpoint].push_back(std::move(connection));
}

void UpstreamPool::Discard(std::unique_ptr<UpstreamConnection> connection) {
  connection->set_user(nullptr);
  connection->channel.Close();
  timeouts_.Disarm(*connection);
  loop_.Bury(std::move(connection));
}

void UpstreamPool::DropIdle(UpstreamConnection& connection) {
  auto& idle = idle_[connection.endpoint()];
  const auto it = std::find_if(idle.begin(), idle.end(),
                               [&](const auto& other) { return other.get() == &connection; });
  if (it == idle.end()) return;
  auto owned = std::move(*it);
  idle.erase(it);
  Discard(std::move(owned));
}

void UpstreamPool::Retain(const ShardSet& shards) {
  std::vector<bool> known(idle_.size());
  for (const Shard& shard : shards.shards) {
    for (const Endpoint& endpoint : shard.endpoints) {
      if (endpoint.id < known.size()) known[endpoint.id] = true;
    }
  }
  for (size_t id = 0; id < idle_.size(); ++id) {
    if (known[id]) continue;
    for (auto& connection : std::exchange(idle_[id], {})) Discard(std::move(connection));
  }
}

void UpstreamPool::CloseAll() {
  for (auto& idle : idle_) {
    for (auto& connection : std::exchange(idle, {})) Discard(std::move(connection));
  }
}

}  // namespace room_router
