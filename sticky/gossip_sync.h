// SPDX-License-Identifier: Apache-2.0
// Anti-entropy: now and then, and where news were lost, this replica and one other find out what
// differs between them and exchange it, both ways.
//
// A round: our digests of all buckets → those that differ → page by page what we have in them →
// what we lack, and what the other side lacks. The asking side drives, a few pages at a time, so
// neither side holds more than that; the answering side keeps nothing between frames. A round that
// stops moving is given up; the next one begins where it got to, because what was exchanged no
// longer differs. Also knows when a fresh replica is synced. One owner.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "config/clock.h"
#include "sticky/gossip_context.h"
#include "sticky/gossip_frame.h"
#include "sticky/gossip_links.h"
#include "sticky/gossip_state.h"
#include "sticky/roster.h"

namespace room_router::gossip {

class Syncs {
 public:
  static constexpr size_t kWindow = 3;                     // pages asked for at a time
  static constexpr size_t kFirstPage = 8, kMaxPage = 256;  // buckets
  static constexpr size_t kPageThings = 2048;              // about, in a page or its answer
  static constexpr Duration kStuck = std::chrono::seconds(5);

  Syncs(const Context& context, Links& links, SharedState& state, const Roster& roster,
        TimePoint now);

  void Begin(TimePoint now);  // a round, if it is time
  void Tick(TimePoint now);
  TimePoint NextDeadline() const;
  void Hurry(TimePoint now);  // some link wants a sync
  void LinkGone(LinkId link, TimePoint now);

  void Open(Link& link, const SyncOpen& open);
  void Diff(Link& link, const SyncDiff& diff, TimePoint now);
  void Page(Link& link, const SyncPage& page, TimePoint now);
  void Answer(Link& link, const SyncAnswer& answer, TimePoint now);
  void Applied(size_t news, size_t refused);  // by updates of syncs

  // A fresh replica waits for one that has been here for longer, as long as there may be one.
  bool synced(TimePoint now) const { return synced_ || now >= patience_; }
  void NobodyElse() { synced_ = true; }
  void NobodySynced() { synced_ = synced_ || synced_with_fresh_; }

 private:
  struct Round {
    uint64_t number = 0;
    LinkId link = 0;
    TimePoint moved;
    bool opened = false;  // the differences are known
    std::deque<uint32_t> todo;
    std::map<uint64_t, std::vector<uint32_t>> asked;  // by page
    uint64_t pages = 0;
    size_t page_size = kFirstPage, news = 0, refused = 0;
  };

  Link* Choose();
  bool Mine(const Link& link, uint64_t round) const;
  void AskOn(Link& link, TimePoint now);
  void Finish(Link& link, TimePoint now);
  void GiveUp(TimePoint now);
  void ScheduleNext(TimePoint now);
  bool WithSynced(const Link& link) const;

  const Context& context_;
  Links& links_;
  SharedState& state_;
  const Roster& roster_;
  std::optional<Round> round_;
  uint64_t last_number_ = 0;
  TimePoint next_, patience_;
  int64_t slower_ = 1;  // where the tables are full and cannot become equal
  bool synced_ = false, synced_with_fresh_ = false;
};

}  // namespace room_router::gossip
