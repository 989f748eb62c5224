// SPDX-License-Identifier: Apache-2.0
// Who still lives: SWIM's probing over the links there are.
//
// A quiet link is pinged. A replica that doesn't answer in time, whose link broke without a goodbye
// or that cannot be dialled is asked for: three others are requested to ping it. Any sign of life
// within a probe_interval ends that, else it is suspected (roster.h does the rest). Limits:
// requests relayed for others. One owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "config/clock.h"
#include "sticky/gossip_context.h"
#include "sticky/gossip_frame.h"
#include "sticky/gossip_links.h"
#include "sticky/roster.h"

namespace room_router::gossip {

class Probes {
 public:
  static constexpr size_t kHelpers = 3, kMaxRelays = 256;

  Probes(const Context& context, Links& links, Roster& roster, TimePoint now)
      : context_(context), links_(links), roster_(roster), next_(now) {}

  void Tick(TimePoint now);
  TimePoint NextDeadline() const;

  void AskFor(std::string_view name, TimePoint now);  // is it still there?
  void Heard(const Link& link) { missing_.erase(link.peer); }

  void Answer(Link& link, const Ping& ping);
  void Hear(Link& link, const Ack& ack, TimePoint now);
  void Relay(Link& link, const PingRequest& request, TimePoint now);

 private:
  struct Asker {
    LinkId link = 0;
    uint64_t number = 0;
    std::string about;
    TimePoint until;
  };

  void PingQuiet(TimePoint now);
  void PingOne(Link& link, TimePoint now);
  void GiveUpMissing(TimePoint now);
  void Remind(Link& link);

  const Context& context_;
  Links& links_;
  Roster& roster_;
  TimePoint next_;
  uint64_t last_number_ = 0;
  std::map<std::string, TimePoint, std::less<>> missing_;  // until when signs of life count
  std::map<uint64_t, Asker> relays_;                       // by the number of our ping
};

}  // namespace room_router::gossip
