// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_peer_set.h"

#include <algorithm>

namespace room_router {
namespace {

std::string_view Bytes(const SocketAddress& address) {
  return {reinterpret_cast<const char*>(address.data()), address.size()};
}

// The addresses of a target, and what it had before of a family whose lookup has failed.
std::vector<SocketAddress> Complete(const ServiceTarget& target,
                                    const std::vector<SocketAddress>& before) {
  std::vector<SocketAddress> addresses = target.addresses;
  if (!target.partial) return addresses;
  for (const SocketAddress& old : before) {
    const auto same_family = [&old](const auto& one) { return one.family() == old.family(); };
    if (std::ranges::none_of(target.addresses, same_family)) addresses.push_back(old);
  }
  return addresses;
}

}  // namespace

void GossipPeerSet::Configure(const config::Peers& peers) {
  fixed_.clear();
  std::map<std::string, Name> names;
  const auto keep = [&](const std::string& name) { names[name] = std::move(names_[name]); };
  for (const std::string& name : peers.srv) keep(name);
  for (const std::string& place : peers.static_peers) {
    if (const auto address = SocketAddress::Parse(place)) {
      fixed_.push_back(*address);
    } else {
      keep(place);
    }
  }
  names_ = std::move(names);
}

std::vector<std::string> GossipPeerSet::names() const {
  std::vector<std::string> names;
  for (const auto& [name, known] : names_) names.push_back(name);
  return names;
}

void GossipPeerSet::Receive(const std::string& name, const ServiceAnswer& answer) {
  const auto found = names_.find(name);
  if (found == names_.end() || answer.outcome == LookupOutcome::kFailed) return;
  found->second.answered = true;
  std::map<Target, std::vector<SocketAddress>> targets;
  for (const ServiceTarget& target : answer.targets) {
    const Target key(target.name, target.port);
    targets[key] = Complete(target, found->second.targets[key]);
  }
  found->second.targets = std::move(targets);
}

std::vector<SocketAddress> GossipPeerSet::addresses() const {
  std::vector<SocketAddress> all = fixed_;
  for (const auto& [name, known] : names_) {
    for (const auto& [target, addresses] : known.targets) {
      all.insert(all.end(), addresses.begin(), addresses.end());
    }
  }
  std::ranges::sort(all, {}, Bytes);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  all.resize(std::min(all.size(), kMaxAddresses));
  return all;
}

bool GossipPeerSet::answered() const {
  return std::ranges::all_of(names_, [](const auto& name) { return name.second.answered; });
}

}  // namespace room_router
