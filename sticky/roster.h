// SPDX-License-Identifier: Apache-2.0
// Who the replicas are: what is claimed of each, which claim counts, who is suspected and for how
// long, and when a replica is given up and forgotten. SWIM without its network.
//
// Of two claims about one name the one of the later life (start) counts, then the higher
// incarnation, then left > dead > suspect > alive. Only a replica itself raises its incarnation: to
// refute what is said of it, or when it has something new to say. A claim of a later life of our
// own name, dead already, is how clocks that went back show: then our start is moved past it.
// Pure; one owner. Sources: Das et al., SWIM, 2002; the extension with incarnations is theirs too.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "sticky/gossip_types.h"

namespace room_router {

struct Claim {
  std::string name;
  uint64_t start = 0;
  uint32_t incarnation = 0;
  ReplicaState state = ReplicaState::kAlive;
  bool synced = false;
  SocketAddress address;

  bool live() const { return IsLive(state); }
  friend bool operator==(const Claim&, const Claim&) = default;
};

bool Counts(const Claim& claim, const Claim& against);  // both of one name
uint64_t DigestOf(const Claim& claim);

class Roster {
 public:
  static constexpr size_t kMaxNameBytes = 253;
  static constexpr uint32_t kMaxIncarnation = 1U << 30U;

  enum class Outcome : uint8_t { kUnchanged, kNews, kStale, kRefused };
  struct Member {
    Claim claim;
    TimePoint since;       // when its state was entered, as seen here
    bool accused = false;  // it was us who suspected it
  };
  using Members = std::map<std::string, Member, std::less<>>;

  Roster(const GossipSettings& settings, GossipStats& stats, TimePoint now);

  Outcome Merge(const Claim& claim, TimePoint now);
  void Suspect(std::string_view name, TimePoint now);  // of one that is alive; else nothing happens
  void Tick(TimePoint now);
  TimePoint NextDeadline() const;

  void SetAddress(const SocketAddress& address, TimePoint now);  // ours; likewise:
  void SetSynced(TimePoint now);
  void Leave(TimePoint now);

  const Claim& self() const { return self_.claim; }
  const Members& others() const { return others_; }
  const Member* Find(std::string_view name) const;  // of the others
  std::vector<Claim> Claims() const;                // of all, ours first
  size_t live() const;                              // ourselves, the alive and the suspect
  TimePoint self_since() const { return self_.since; }
  uint64_t changes() const { return changes_; }  // grows with every change

  // What we claim that nobody told us: of ourselves, suspicions, deaths. Each once.
  std::vector<Claim> TakeNews();
  bool news() const { return !news_.empty(); }
  // Names that are no longer in the roster.
  std::vector<std::string> TakeForgotten();

 private:
  Outcome MergeSelf(const Claim& claim, TimePoint now);
  Outcome Add(const Claim& claim, TimePoint now);
  bool MakeRoom();
  void Enter(Member& member, const Claim& claim, TimePoint now);
  void Renew(TimePoint now);
  void Count(ReplicaState before, ReplicaState after);
  TimePoint DeadlineOf(const Member& member) const;
  void Schedule(const Member& member);

  const GossipSettings& settings_;
  GossipStats& stats_;
  Member self_;
  Members others_;
  size_t live_ = 1;
  uint64_t changes_ = 0;
  TimePoint next_ = TimePoint::max();  // no member's time is up before this
  std::set<std::string, std::less<>> news_;
  std::vector<std::string> forgotten_;
};

}  // namespace room_router
