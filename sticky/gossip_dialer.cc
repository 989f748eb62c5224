// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_dialer.h"

#include <set>

namespace room_router::gossip {

void Dialer::SetPeers(const std::vector<SocketAddress>& addresses, bool complete, TimePoint now) {
  std::set<std::string> listed;
  for (const SocketAddress& address : addresses) {
    if (listed.size() < context_.settings.peers_limit) listed.insert(address.ToString());
  }
  const auto is_new = [this](const std::string& text) {
    const auto known = targets_.find(text);
    return known == targets_.end() || !known->second.listed;
  };
  const bool others = std::any_of(listed.begin(), listed.end(), is_new);
  for (auto& [text, target] : targets_) {
    target.listed = listed.contains(text);
    if (others) target.ours = false;
  }
  for (const SocketAddress& address : addresses) {
    const std::string text = address.ToString();
    if (!listed.contains(text)) continue;
    Target& target = targets_[text];
    target.address = address;
    target.listed = true;
  }
  complete_ = complete_ || complete;
  roster_changes_ = ~uint64_t{0};
  Wake(now);
}

Dialer::Target* Dialer::Find(const SocketAddress& address) {
  const auto known = targets_.find(address.ToString());
  return known == targets_.end() ? nullptr : &known->second;
}

void Dialer::Up(const SocketAddress& address) {
  if (Target* target = Find(address)) target->dialling = false;
}

void Dialer::Met(const SocketAddress& address, std::string_view name) {
  Target* target = Find(address);
  if (target == nullptr) return;
  target->tried = true;
  target->met = name;
}

void Dialer::Failed(const SocketAddress& address, bool patiently, TimePoint now) {
  Target* target = Find(address);
  if (target == nullptr) return;
  const Duration longest = context_.settings.dial_backoff_max;
  const Duration most = patiently ? longest : std::min(longest, kRedial);
  const Duration more = std::max(context_.settings.dial_backoff, target->backoff * 2);
  target->dialling = false;
  target->tried = true;
  target->backoff = patiently ? most : std::min(more, most);
  target->due = now + context_.Jittered(target->backoff);
  Wake(now);
}

void Dialer::Worked(const SocketAddress& address) {
  if (Target* target = Find(address)) target->backoff = Duration{0};
}

void Dialer::Ours(const SocketAddress& address) {
  if (Target* target = Find(address)) target->ours = target->tried = true;
}

bool Dialer::Alone() const {
  if (!complete_ || roster_.live() > 1 || links_.greeted() > 0) return false;
  const std::string own = roster_.self().address.ToString();
  return std::all_of(targets_.begin(), targets_.end(), [&own](const auto& entry) {
    return entry.second.ours || entry.first == own || !entry.second.listed;
  });
}

bool Dialer::AllKnown() const {
  const std::string own = roster_.self().address.ToString();
  return complete_ && std::all_of(targets_.begin(), targets_.end(), [&](const auto& entry) {
           return entry.second.tried || entry.first == own || members_at_.contains(entry.first) ||
                  !entry.second.listed;
         });
}

void Dialer::Tick(TimePoint now) {
  if (now < next_ || stopped_) return;
  AdoptMembers();
  std::vector<Target*> candidates = Candidates(now);
  std::shuffle(candidates.begin(), candidates.end(), context_.random);
  std::stable_partition(candidates.begin(), candidates.end(),
                        [this](const Target* target) { return Sure(*target); });
  const size_t wanted = Wanted();
  for (size_t i = 0; i < std::min(wanted, candidates.size()); ++i) Dial(*candidates[i]);
  if (now >= explore_) {
    explore_ = now + context_.Jittered(kExplore);
    const auto unsure = std::find_if(candidates.begin(), candidates.end(),
                                     [this](const Target* target) { return !Sure(*target); });
    if (wanted == 0 && unsure != candidates.end()) Dial(**unsure);
  }
  next_ = std::min(soonest_, explore_);
}

// Addresses of members that are not left; those nobody speaks of any more are forgotten.
void Dialer::AdoptMembers() {
  if (roster_changes_ == roster_.changes()) return;
  roster_changes_ = roster_.changes();
  members_at_.clear();
  for (const auto& [name, member] : roster_.others()) {
    const Claim& claim = member.claim;
    if (claim.state == ReplicaState::kLeft || claim.address.empty()) continue;
    const std::string text = claim.address.ToString();
    members_at_[text] = name;
    targets_[text].address = claim.address;
  }
  std::erase_if(targets_, [this](const auto& entry) {
    const Target& target = entry.second;
    return !target.listed && !target.dialling && !members_at_.contains(entry.first);
  });
}

std::vector<Dialer::Target*> Dialer::Candidates(TimePoint now) {
  std::vector<Target*> candidates;
  soonest_ = TimePoint::max();
  const std::string own = roster_.self().address.ToString();
  for (auto& [text, target] : targets_) {
    if (target.ours || target.dialling || text == own) continue;
    if (now < target.due) {
      soonest_ = std::min(soonest_, target.due);
      continue;
    }
    const auto member = members_at_.find(text);
    const bool linked = (member != members_at_.end() && links_.To(member->second) != nullptr) ||
                        (!target.met.empty() && links_.To(target.met) != nullptr);
    if (!linked && !links_.Dialling(target.address)) candidates.push_back(&target);
  }
  return candidates;
}

// Whether a replica can be expected there.
bool Dialer::Sure(const Target& target) const {
  const auto at = members_at_.find(target.address.ToString());
  const Roster::Member* member = at == members_at_.end() ? nullptr : roster_.Find(at->second);
  return member == nullptr ? !target.tried : member->claim.live();
}

size_t Dialer::Wanted() const {
  const auto dialling = std::count_if(targets_.begin(), targets_.end(),
                                      [](const auto& entry) { return entry.second.dialling; });
  const size_t under_way = links_.size() + static_cast<size_t>(dialling);
  const size_t view = context_.settings.active_view;
  return view - std::min(view, under_way);
}

void Dialer::Dial(Target& target) {
  target.dialling = true;
  links_.Dial(target.address);
}

}  // namespace room_router::gossip
