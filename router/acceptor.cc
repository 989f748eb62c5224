// SPDX-License-Identifier: Apache-2.0
#include "router/acceptor.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "router/client_connection.h"
#include "router/engine/tls_transport.h"

namespace room_router {
namespace {

// Per event, so that a flood of connections does not starve those already open.
constexpr int kAcceptsPerTurn = 64;

}  // namespace

Acceptor::Acceptor(DataPlane& plane, Admission& admission, int descriptor, uint16_t listener)
    : plane_(plane), admission_(admission), descriptor_(descriptor), listener_(listener) {
  plane_.loop.AddListener(descriptor_, *this);
}

Acceptor::~Acceptor() { ::close(descriptor_); }

void Acceptor::OnEvents(uint32_t) {
  for (int i = 0; i < kAcceptsPerTurn && !paused_; ++i) {
    if (admission_.connections.held()) return Pause();
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int client = accept4(descriptor_, reinterpret_cast<sockaddr*>(&address), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) Pause();
      return;
    }
    Admit(client, SocketAddress::FromSystem(reinterpret_cast<sockaddr*>(&address), size));
  }
}

void Acceptor::Pause() {
  paused_ = true;
  plane_.loop.Remove(descriptor_);
}

void Acceptor::Admit(int client, const SocketAddress& peer) {
  const Entrance entrance = Examine(peer);
  if (entrance.refusal) return TurnAway(client, *entrance.refusal, entrance.wait);
  const int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto connection = std::make_unique<ClientConnection>(plane_, TransportOn(client), peer, listener_,
                                                       entrance.counted);
  if (plane_.loop.Add(client, *connection)) {
    plane_.clients.push_back(*connection.release());
    return;
  }
  connection->GiveUp();
  admission_.connections.GiveOf(listener_);
  admission_.connections.Give();
}

// Where a PROXY header is to come, its connection knows whom to hold the limits against.
Entrance Acceptor::Examine(const SocketAddress& peer) {
  const config::Config& config = plane_.config->config;
  const config::Listener& listener = config.listeners[listener_];
  ConnectionBudget& connections = admission_.connections;
  if (!connections.Take()) return {.refusal = Refusal::kConnectionLimit};
  Entrance entrance;
  if (!connections.TakeOf(listener_, listener.connections)) {
    entrance.refusal = Refusal::kListenerConnections;
  } else if (!listener.proxy_protocol && !plane_.config->Trusts(peer)) {
    entrance = Enter(admission_.addresses, peer, config.limits, plane_.loop.now());
    if (entrance.refusal) connections.GiveOf(listener_);
  }
  if (entrance.refusal) connections.Give();
  return entrance;
}

std::unique_ptr<Transport> Acceptor::TransportOn(int client) const {
  if (plane_.config->config.listeners[listener_].tls.enabled()) {
    return std::make_unique<TlsTransport>(client, plane_.config->listener_tls[listener_]);
  }
  return std::make_unique<PlainTransport>(client);
}

void Acceptor::Retry() {
  if (!paused_) return;
  paused_ = false;
  plane_.loop.AddListener(descriptor_, *this);
}

void Acceptor::TurnAway(int client, Refusal refusal, Duration wait) {
  plane_.Count(refusal);
  PlainTransport transport(client);
  if (plane_.config->listener_tls[listener_]) return;  // who speaks TLS could not read it
  plane_.head_out.clear();
  RequestId id;
  id.Make(plane_.NextRequestDigits());
  plane_.config->errors.Write(refusal, {.request_id = id.view(), .retry_after = wait},
                              plane_.head_out);
  transport.Write(plane_.head_out);
}

}  // namespace room_router
