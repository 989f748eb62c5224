// SPDX-License-Identifier: Apache-2.0
#include "sticky/roster.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace room_router {

bool Counts(const Claim& claim, const Claim& against) {
  // Nobody claims two things with one incarnation and state; if it happens, all agree all the same.
  const auto rank = [](const Claim& c) {
    return std::tuple(c.start, c.incarnation, c.state, c.synced, c.address.ToString());
  };
  return rank(claim) > rank(against);
}

uint64_t DigestOf(const Claim& claim) {
  std::string text = claim.name + '\n' + claim.address.ToString();
  for (const uint64_t number : {claim.start, uint64_t{claim.incarnation},
                                static_cast<uint64_t>(claim.state), uint64_t{claim.synced}}) {
    text += '\n' + std::to_string(number);
  }
  return XXH3_64bits(text.data(), text.size());
}

Roster::Roster(const GossipSettings& settings, GossipStats& stats, TimePoint now)
    : settings_(settings), stats_(stats), self_{.claim = {}, .since = now} {
  self_.claim.name = settings.name;
  self_.claim.start = settings.start;
}

Roster::Outcome Roster::Merge(const Claim& claim, TimePoint now) {
  if (claim.name == self_.claim.name) return MergeSelf(claim, now);
  const auto known = others_.find(claim.name);
  if (known == others_.end()) return Add(claim, now);
  Member& member = known->second;
  if (member.claim == claim) return Outcome::kUnchanged;
  if (!Counts(claim, member.claim)) return Outcome::kStale;
  Enter(member, claim, now);
  return Outcome::kNews;
}

Roster::Outcome Roster::MergeSelf(const Claim& claim, TimePoint now) {
  Claim& self = self_.claim;
  if (claim == self) return Outcome::kUnchanged;
  if (!Counts(claim, self)) return Outcome::kStale;
  if (self.state == ReplicaState::kLeft) return Outcome::kUnchanged;
  if (claim.start > self.start) {
    if (claim.live()) {
      ++stats_.name_conflicts;
      return Outcome::kRefused;
    }
    self.start = claim.start + 1;
    self.incarnation = 0;
  }
  self.incarnation = std::max(self.incarnation, claim.incarnation);
  ++stats_.refutations;
  Renew(now);
  return Outcome::kStale;
}

Roster::Outcome Roster::Add(const Claim& claim, TimePoint now) {
  if (!claim.live()) return Outcome::kUnchanged;
  if (others_.size() + 1 >= settings_.members_limit && !MakeRoom()) {
    ++stats_.refused_members;
    return Outcome::kRefused;
  }
  Member& member = others_[claim.name];
  member.claim.state = ReplicaState::kLeft;
  Enter(member, claim, now);
  return Outcome::kNews;
}

// Of those given up, the one known for longest goes.
bool Roster::MakeRoom() {
  auto oldest = others_.end();
  for (auto at = others_.begin(); at != others_.end(); ++at) {
    if (at->second.claim.live()) continue;
    if (oldest == others_.end() || at->second.since < oldest->second.since) oldest = at;
  }
  if (oldest == others_.end()) return false;
  forgotten_.push_back(oldest->first);
  news_.erase(oldest->first);
  others_.erase(oldest);
  return true;
}

void Roster::Enter(Member& member, const Claim& claim, TimePoint now) {
  ++changes_;
  const bool another_life = claim.start != member.claim.start;
  if (claim.state != member.claim.state || another_life) member.since = now;
  Count(member.claim.state, claim.state);
  member.claim = claim;
  member.accused = false;
  Schedule(member);
}

void Roster::Count(ReplicaState before, ReplicaState after) {
  if (IsLive(after) && !IsLive(before)) ++live_;
  if (IsLive(before) && !IsLive(after)) --live_;
  if (before == after) return;
  if (after == ReplicaState::kSuspect) ++stats_.suspicions;
  if (after == ReplicaState::kDead) ++stats_.deaths;
}

void Roster::Suspect(std::string_view name, TimePoint now) {
  const auto known = others_.find(name);
  if (known == others_.end() || known->second.claim.state != ReplicaState::kAlive) return;
  Claim claim = known->second.claim;
  claim.state = ReplicaState::kSuspect;
  Enter(known->second, claim, now);
  known->second.accused = true;
  news_.insert(claim.name);
  Schedule(known->second);
}

// Suspicions last longer where news travel longer, and longer than with the accuser, who can then
// tell the others at once instead of all telling all.
TimePoint Roster::DeadlineOf(const Member& member) const {
  const double digits = std::max(1.0, std::log10(static_cast<double>(live_)));
  switch (member.claim.state) {
    case ReplicaState::kAlive:
      break;
    case ReplicaState::kSuspect:
      return member.since + std::chrono::duration_cast<Duration>(settings_.suspicion * digits *
                                                                 (member.accused ? 1.0 : 1.25));
    case ReplicaState::kDead:
    case ReplicaState::kLeft:
      return member.since + settings_.forget;
  }
  return TimePoint::max();
}

void Roster::Schedule(const Member& member) { next_ = std::min(next_, DeadlineOf(member)); }

TimePoint Roster::NextDeadline() const { return next_; }

void Roster::Tick(TimePoint now) {
  if (now < next_) return;
  next_ = TimePoint::max();
  for (auto at = others_.begin(); at != others_.end();) {
    Member& member = at->second;
    const bool due = DeadlineOf(member) <= now;
    if (due && !member.claim.live()) {
      forgotten_.push_back(at->first);
      news_.erase(at->first);
      at = others_.erase(at);
      ++changes_;
      continue;
    }
    if (due) {
      Claim claim = member.claim;
      claim.state = ReplicaState::kDead;
      Enter(member, claim, now);
      news_.insert(claim.name);
    }
    Schedule(member);
    ++at;
  }
}

void Roster::Renew(TimePoint now) {
  Claim& self = self_.claim;
  if (self.incarnation == kMaxIncarnation) {
    ++self.start;
    self.incarnation = 0;
  }
  ++self.incarnation;
  self_.since = now;
  ++changes_;
  news_.insert(self.name);
}

void Roster::SetAddress(const SocketAddress& address, TimePoint now) {
  if (self_.claim.address == address || self_.claim.state == ReplicaState::kLeft) return;
  self_.claim.address = address;
  Renew(now);
}

void Roster::SetSynced(TimePoint now) {
  if (self_.claim.synced || self_.claim.state == ReplicaState::kLeft) return;
  self_.claim.synced = true;
  Renew(now);
}

void Roster::Leave(TimePoint now) {
  if (self_.claim.state == ReplicaState::kLeft) return;
  self_.claim.state = ReplicaState::kLeft;
  --live_;
  Renew(now);
}

const Roster::Member* Roster::Find(std::string_view name) const {
  const auto known = others_.find(name);
  return known == others_.end() ? nullptr : &known->second;
}

std::vector<Claim> Roster::Claims() const {
  std::vector<Claim> claims{self_.claim};
  claims.reserve(others_.size() + 1);
  for (const auto& [name, member] : others_) claims.push_back(member.claim);
  return claims;
}

size_t Roster::live() const { return live_; }

std::vector<Claim> Roster::TakeNews() {
  std::vector<Claim> claims;
  for (const std::string& name : news_) {
    const Member* member = Find(name);
    claims.push_back(member == nullptr ? self_.claim : member->claim);
  }
  news_.clear();
  return claims;
}

std::vector<std::string> Roster::TakeForgotten() { return std::exchange(forgotten_, {}); }

}  // namespace room_router
