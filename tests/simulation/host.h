// SPDX-License-Identifier: Apache-2.0
// A process on the simulated network: what it is told.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config/socket_address.h"
#include "sticky/gossip_types.h"

namespace room_router::simulation {

class Host {
 public:
  virtual ~Host() = default;
  virtual void LinkUp(LinkId link, std::optional<SocketAddress> dialled) = 0;
  virtual void LinkDown(LinkId link) = 0;
  virtual void DialFailed(const SocketAddress& address) = 0;
  virtual void Receive(LinkId link, const std::string& frame) = 0;
  virtual void Queued(LinkId link, size_t bytes) = 0;
  size_t slot = 0;
};

}  // namespace room_router::simulation
