// SPDX-License-Identifier: Apache-2.0
// News on their way out. The first after quiet leave at once, then they gather for batch_interval
// or until batch_limit.
//
// What changed here goes to every link; `direct` says that these are all replicas there are, so
// nobody needs to pass it on. What was news here goes on to `fanout` links (infection). One owner.
#pragma once

#include <cstddef>
#include <optional>

#include "config/clock.h"
#include "sticky/gossip_context.h"
#include "sticky/gossip_frame.h"
#include "sticky/gossip_links.h"
#include "sticky/gossip_state.h"
#include "sticky/roster.h"

namespace room_router::gossip {

class Outbox {
 public:
  static constexpr size_t kMaxRecords = 2048;  // of ours per batch: bursts leave at this pace

  Outbox(const Context& context, const FrameCoder& coder, Links& links, SharedState& state,
         const Roster& roster)
      : context_(context), coder_(coder), links_(links), state_(state), roster_(roster) {}

  void ChangesWait() { changes_wait_ = true; }
  void Forward(Update news, LinkId from);
  void Flush(TimePoint now);     // if it is time
  void FlushAll(TimePoint now);  // whatever waits, now
  TimePoint NextDeadline() const;

 private:
  bool waiting() const { return changes_wait_ || !forwarded_.empty(); }
  void SendChanges(TimePoint now);
  void SendForwarded();
  void SendTo(const std::vector<Link*>& links, const Update& update);
  bool LinkedToAll() const;

  const Context& context_;
  const FrameCoder& coder_;
  Links& links_;
  SharedState& state_;
  const Roster& roster_;
  bool changes_wait_ = false;
  Update forwarded_;
  std::optional<LinkId> from_;  // of all of them; nothing when they came from several
  TimePoint last_{};
};

}  // namespace room_router::gossip
