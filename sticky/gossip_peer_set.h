// SPDX-License-Identifier: Apache-2.0
// The addresses of the replicas as configuration and DNS have them, from answers as they come.
//
// A lookup that fails changes nothing, nor does one that fails for a part of a name's targets; an
// answer that there is nothing is believed. This replica is among them like any other. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/socket_address.h"
#include "discovery/resolver.h"

namespace room_router {

class GossipPeerSet {
 public:
  static constexpr size_t kMaxAddresses = 4096;

  // What is no longer named is forgotten.
  void Configure(const config::Peers& peers);
  // What to ask DNS for: SRV names as they are, and "host:port".
  std::vector<std::string> names() const;
  void Receive(const std::string& name, const ServiceAnswer& answer);

  // In an order of their own, each once; those past the limit left out.
  std::vector<SocketAddress> addresses() const;
  // Whether every name has been found, or found absent, at least once.
  bool answered() const;

 private:
  using Target = std::pair<std::string, uint16_t>;
  struct Name {
    bool answered = false;
    std::map<Target, std::vector<SocketAddress>> targets;
  };

  std::vector<SocketAddress> fixed_;
  std::map<std::string, Name> names_;
};

}  // namespace room_router
