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

using Status = IoResult::Status;

UpstreamConnection::UpstreamConnection(UpstreamPool& pool, EndpointId endpoint,
                                       std::unique_ptr<Transport> transport, std::string preface)
    : channel(std::move(transport)),
      endpoint_(endpoint),
      personal_(!preface.empty()),
      generation_(pool.generation_),
      preface_(preface.empty() ? nullptr : std::make_unique<std::string>(std::move(preface))),
      pool_(pool) {}

void UpstreamConnection::OnEvents(uint32_t events) {
  if (!channel.open()) return;
  channel.Note(events);
  if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0 && !std::exchange(arrived_, true)) {
    connect_error_ = Arrive();
    connecting_ = connect_error_ == 0;
  }
  if (connecting_ && arrived_) GoOnConnecting();
  if (user_ != nullptr) {
    user_->OnEvents(events);
  } else if (channel.readable() && !StaysSilent()) {
    pool_.DropIdle(*this);  // closed by the endpoint, or bytes nobody asked for
  }
}

void UpstreamConnection::OnTimeout(TimeoutClass) { pool_.DropIdle(*this); }

// How the TCP connection went, an errno.
int UpstreamConnection::Arrive() const {
  int error = 0;
  socklen_t size = sizeof error;
  const bool asked = getsockopt(channel.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0;
  return asked ? error : errno;
}

void UpstreamConnection::GoOnConnecting() {
  IoResult result;
  while (preface_ && result.status == Status::kOk) {
    result = channel.WriteBare(*preface_);
    preface_->erase(0, result.bytes);
    if (preface_->empty()) preface_.reset();
  }
  if (result.status == Status::kOk) result = channel.Handshake();
  if (result.status == Status::kBlocked) return;
  connecting_ = false;
  if (result.status != Status::kOk) connect_error_ = EPROTO;
}

// Whether what arrived while idle was TLS's own: tickets, keys.
bool UpstreamConnection::StaysSilent() {
  char byte = 0;
  return channel.Read(&byte, 1).status == Status::kBlocked;
}

void UpstreamPool::Use(MakeTransport make_transport) {
  CloseAll();
  ++generation_;
  make_transport_ = std::move(make_transport);
}

std::unique_ptr<UpstreamConnection> UpstreamPool::Take(EndpointId endpoint) {
  if (idle(endpoint) == 0) return nullptr;
  auto connection = std::move(idle_[endpoint].back());
  idle_[endpoint].pop_back();
  timeouts_.Disarm(*connection);
  connection->reused_ = true;
  return connection;
}

std::unique_ptr<UpstreamConnection> UpstreamPool::Connect(const Endpoint& endpoint,
                                                          std::string preface) {
  const int descriptor =
      socket(endpoint.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return nullptr;
  auto transport = make_transport_(descriptor, endpoint);
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(descriptor, endpoint.address.data(), endpoint.address.size()) != 0 &&
      errno != EINPROGRESS) {
    return nullptr;
  }
  auto connection = std::make_unique<UpstreamConnection>(*this, endpoint.id, std::move(transport),
                                                         std::move(preface));
  if (!loop_.Add(descriptor, *connection)) return nullptr;
  return connection;
}

void UpstreamPool::Keep(std::unique_ptr<UpstreamConnection> connection) {
  const EndpointId endpoint = connection->endpoint();
  if (endpoint == kBridgeEndpoint || connection->personal_ ||
      connection->generation_ != generation_) {
    return Discard(std::move(connection));
  }
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
