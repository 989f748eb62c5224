// SPDX-License-Identifier: Apache-2.0
#include "router/acceptor.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "router/client_connection.h"

namespace room_router {
namespace {

// Per event, so that a flood of connections does not starve those already open.
constexpr int kAcceptsPerTurn = 64;

}  // namespace

Acceptor::Acceptor(DataPlane& plane, ConnectionBudget& budget, int descriptor, uint16_t listener)
    : plane_(plane), budget_(budget), descriptor_(descriptor), listener_(listener) {
  plane_.loop.AddListener(descriptor_, *this);
}

Acceptor::~Acceptor() { ::close(descriptor_); }

void Acceptor::OnEvents(uint32_t) {
  for (int i = 0; i < kAcceptsPerTurn && !paused_; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int client = accept4(descriptor_, reinterpret_cast<sockaddr*>(&address), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      paused_ = true;
      plane_.loop.Remove(descriptor_);
      return;
    }
    if (!budget_.Take()) {
      TurnAway(client);
      continue;
    }
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto peer = SocketAddress::FromSystem(reinterpret_cast<sockaddr*>(&address), size);
    auto connection = std::make_unique<ClientConnection>(
        plane_, std::make_unique<PlainTransport>(client), peer, listener_);
    if (plane_.loop.Add(client, *connection)) {
      plane_.clients.push_back(*connection.release());
    } else {
      connection->GiveUp();
      budget_.Give();
    }
  }
}

void Acceptor::Retry() {
  if (!paused_) return;
  paused_ = false;
  plane_.loop.AddListener(descriptor_, *this);
}

void Acceptor::TurnAway(int client) {
  plane_.Count(Refusal::kConnectionLimit);
  plane_.head_out.clear();
  plane_.config->errors.Write(Refusal::kConnectionLimit, {.request_id = plane_.NextRequestId()},
                              plane_.head_out);
  PlainTransport(client).Write(plane_.head_out);
}

}  // namespace room_router
