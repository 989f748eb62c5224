// SPDX-License-Identifier: Apache-2.0
#include "discovery/bridge_catalog.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "discovery/lookup_event.h"
#include "discovery/shard_name.h"

namespace room_router {
namespace {

using Kind = Event::Kind;
using Level = config::LogLevel;
using Addresses = std::vector<SocketAddress>;

// Who says to have an id.
struct Claim {
  Addresses current, obsolete;

  void Add(const SocketAddress& address, bool is_current) {
    Addresses& addresses = is_current ? current : obsolete;
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  const Addresses& valid() const { return current.empty() ? obsolete : current; }
};

using Claims = std::map<std::string, Claim>;

void AddTarget(const std::string& target, const HeldTarget& held, uint16_t port, Claims& claims) {
  const std::string label = target.substr(0, target.find('.'));
  const auto is_v4 = [](const SocketAddress& address) { return address.family() == AF_INET; };
  const bool has_v4 = std::ranges::any_of(held.addresses, is_v4);
  for (const SocketAddress& found : held.addresses) {
    const SocketAddress address = port == 0 ? found : found.WithPort(port);
    if (is_v4(found)) claims[found.Ip()].Add(address, !held.obsolete_since);
    if (has_v4 && !is_v4(found)) continue;
    if (IsShardName(label)) claims[label].Add(address, !held.obsolete_since);
  }
}

Claims Collect(const config::Bridges& settings, const std::map<std::string, TargetHold>& services) {
  Claims claims;
  for (const config::StaticBridge& bridge : settings.static_bridges) {
    claims[bridge.id].Add(bridge.address, true);
  }
  for (const auto& [service, hold] : services) {
    for (const auto& [key, held] : hold.targets()) {
      AddTarget(key.first, held, settings.port, claims);
    }
  }
  return claims;
}

bool SameBridge(const Endpoint& a, const Endpoint& b) {
  return a.name == b.name && a.address == b.address;
}

bool IsIn(const BridgeSet* set, const Endpoint& bridge) {
  const Endpoint* same = set == nullptr ? nullptr : set->Find(bridge.name);
  return same != nullptr && SameBridge(*same, bridge);
}

}  // namespace

void BridgeCatalog::Configure(const config::Bridges& settings, Duration obsolete, TimePoint now) {
  settings_ = settings;
  obsolete_ = obsolete;
  const auto& names = settings.srv;
  std::erase_if(services_, [&](const auto& service) {
    return !settings.enabled || std::ranges::find(names, service.first) == names.end();
  });
  if (settings.enabled) {
    for (const std::string& name : names) services_.try_emplace(name);
  }
  Tick(now);
}

void BridgeCatalog::Receive(const std::string& service, const ServiceAnswer& answer,
                            TimePoint now) {
  const auto found = services_.find(service);
  if (found == services_.end()) return;  // no longer configured
  auto event = LookupEvent(service, found->second.last_outcome(), answer, "bridges.srv");
  if (event) events_.push_back(std::move(*event));
  found->second.Receive(answer, now);
  Tick(now);
}

void BridgeCatalog::Tick(TimePoint now) {
  for (auto& [name, hold] : services_) hold.Tick(obsolete_, now);
}

std::optional<TimePoint> BridgeCatalog::NextDeadline() const {
  std::optional<TimePoint> next;
  for (const auto& [name, hold] : services_) {
    const auto deadline = hold.NextDeadline(obsolete_);
    if (deadline) next = std::min(next.value_or(TimePoint::max()), *deadline);
  }
  return next;
}

BridgeSetPtr BridgeCatalog::Snapshot() {
  std::shared_ptr<BridgeSet> fresh;
  std::set<std::string> ambiguous;
  if (settings_.enabled) {
    fresh = std::make_shared<BridgeSet>();
    for (const auto& [id, claim] : Collect(settings_, services_)) {
      if (claim.valid().size() > 1) {
        ambiguous.insert(id);
      } else {
        fresh->bridges.push_back(
            {.id = kBridgeEndpoint, .name = id, .address = claim.valid().front(), .up = true});
      }
    }
  }
  NoteAmbiguous(ambiguous);
  if (fresh != nullptr && snapshot_ != nullptr &&
      std::ranges::equal(fresh->bridges, snapshot_->bridges, SameBridge)) {
    return snapshot_;
  }
  NoteChanges(snapshot_.get(), fresh.get());
  snapshot_ = std::move(fresh);
  return snapshot_;
}

void BridgeCatalog::NoteChanges(const BridgeSet* before, const BridgeSet* after) {
  const auto note = [this](Kind kind, const BridgeSet* of, const BridgeSet* without) {
    if (of == nullptr) return;
    for (const Endpoint& bridge : of->bridges) {
      if (IsIn(without, bridge)) continue;
      events_.push_back(
          {.kind = kind, .endpoint = bridge.name, .detail = bridge.address.ToString()});
    }
  };
  note(Kind::kBridgeRemoved, before, after);
  note(Kind::kBridgeAdded, after, before);
}

void BridgeCatalog::NoteAmbiguous(const std::set<std::string>& ids) {
  for (const std::string& id : ids) {
    if (ambiguous_.contains(id)) continue;
    events_.push_back({.kind = Kind::kBridgeAmbiguous,
                       .level = Level::kWarning,
                       .endpoint = id,
                       .detail = "several addresses have this id, so channels to it are refused: "
                                 "give each bridge an id of its own"});
  }
  ambiguous_ = ids;
}

Events BridgeCatalog::TakeEvents() { return std::exchange(events_, {}); }

}  // namespace room_router
