// SPDX-License-Identifier: Apache-2.0
// Which other replicas to dial, and when.
//
// Known are the addresses of DNS or the configuration and those the replicas claim. Up to
// active_view replicas all are dialled; of more, random ones until that many links are there.
// Beside that, one of those it is not sure of (nobody met there yet, given up) is tried every few
// seconds, so that parts of a cluster that lost each other find together again. Failures back off,
// with jitter, up to kRedial; who said no is left alone for dial_backoff_max. Addresses that lead
// to ourselves are not dialled again until SetPeers brings others. One owner.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/clock.h"
#include "config/socket_address.h"
#include "sticky/gossip_context.h"
#include "sticky/gossip_links.h"
#include "sticky/roster.h"

namespace room_router::gossip {

class Dialer {
 public:
  static constexpr Duration kExplore = std::chrono::seconds(5), kRedial = kExplore;

  Dialer(const Context& context, Links& links, const Roster& roster, TimePoint now)
      : context_(context), links_(links), roster_(roster), next_(now), explore_(now) {}

  // `complete`: no name is without an answer.
  void SetPeers(const std::vector<SocketAddress>& addresses, bool complete, TimePoint now);
  void Tick(TimePoint now);
  TimePoint NextDeadline() const { return stopped_ ? TimePoint::max() : next_; }
  void Wake(TimePoint now) { next_ = std::min(next_, now); }  // something changed
  void Stop() { stopped_ = true; }

  void Up(const SocketAddress& address);  // a stream is there; who is at its end will be seen
  void Met(const SocketAddress& address, std::string_view name);
  // No stream, or one that ended. `patiently`: they said no.
  void Failed(const SocketAddress& address, bool patiently, TimePoint now);
  void Worked(const SocketAddress& address);  // for long enough to forget former failures
  void Ours(const SocketAddress& address);

  bool Alone() const;     // SetPeers named nobody but us, and nobody else is known
  bool AllKnown() const;  // who is at each address of SetPeers, or that nobody answers there

 private:
  struct Target {
    SocketAddress address;
    bool listed = false, ours = false, tried = false, dialling = false;
    std::string met;  // whoever answered there last
    TimePoint due{};
    Duration backoff{0};
  };
  using Targets = std::map<std::string, Target>;  // by the text of the address

  Target* Find(const SocketAddress& address);
  void AdoptMembers();
  std::vector<Target*> Candidates(TimePoint now);
  bool Sure(const Target& target) const;
  size_t Wanted() const;
  void Dial(Target& target);

  const Context& context_;
  Links& links_;
  const Roster& roster_;
  Targets targets_;
  uint64_t roster_changes_ = ~uint64_t{0};         // as of the last look
  std::map<std::string, std::string> members_at_;  // address → name of a member that is not left
  bool complete_ = false;                          // SetPeers has named all
  bool stopped_ = false;
  TimePoint next_, explore_;
  TimePoint soonest_ = TimePoint::max();  // when one of those that failed may be dialled again
};

}  // namespace room_router::gossip
