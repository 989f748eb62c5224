// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_sync.h"

#include <algorithm>
#include <unordered_set>

namespace room_router::gossip {
namespace {

constexpr Duration kSoonLeast{20}, kSoonMost{200};     // after something went wrong
constexpr Duration kRelayLeast{200}, kRelayMost{600};  // after much was new: others need it too
constexpr int64_t kSlowest = 8;

using Digests = std::unordered_set<uint64_t>;

}  // namespace

Syncs::Syncs(const Context& context, Links& links, SharedState& state, const Roster& roster,
             TimePoint now)
    : context_(context),
      links_(links),
      state_(state),
      roster_(roster),
      next_(now),
      patience_(now + context.settings.sync_timeout) {}

TimePoint Syncs::NextDeadline() const {
  const TimePoint turn = round_                 ? round_->moved + kStuck
                         : links_.greeted() > 0 ? next_
                                                : TimePoint::max();
  return synced_ ? turn : std::min(turn, patience_);
}

void Syncs::Tick(TimePoint now) {
  if (now >= patience_) synced_ = true;
  if (round_ && now >= round_->moved + kStuck) GiveUp(now);
  Begin(now);
}

void Syncs::Hurry(TimePoint now) {
  next_ = std::min(next_, now + (synced_ ? context_.Between(kSoonLeast, kSoonMost) : Duration{0}));
}

void Syncs::LinkGone(LinkId link, TimePoint now) {
  if (round_ && round_->link == link) GiveUp(now);
}

// Where something is known to be missing comes first; while we are fresh, those that aren't.
Link* Syncs::Choose() {
  std::vector<Link*> links = links_.Sample(links_.size(), {});
  const auto rank = [this](const Link* link) {
    return (!synced_ && WithSynced(*link) ? 2 : 0) + (link->wants_sync ? 1 : 0);
  };
  const auto best = std::max_element(
      links.begin(), links.end(), [&](const Link* a, const Link* b) { return rank(a) < rank(b); });
  return best == links.end() ? nullptr : *best;
}

bool Syncs::WithSynced(const Link& link) const {
  const Roster::Member* member = roster_.Find(link.peer);
  return member != nullptr && member->claim.synced;
}

void Syncs::Begin(TimePoint now) {
  if (round_ || now < next_) return;
  Link* link = Choose();
  if (link == nullptr) return;
  link->wants_sync = false;
  round_ = Round{.number = ++last_number_, .link = link->id, .moved = now};
  links_.Send(*link, SyncOpen{.round = round_->number, .digests = state_.Digests()});
}

void Syncs::Open(Link& link, const SyncOpen& open) {
  const std::vector<uint64_t> ours = state_.Digests();
  SyncDiff diff{.round = open.round, .buckets = {}};
  for (uint32_t bucket = 0; bucket < ours.size(); ++bucket) {
    const uint64_t theirs = bucket < open.digests.size() ? open.digests[bucket] : 0;
    if (ours[bucket] != theirs) diff.buckets.push_back(bucket);
  }
  links_.Send(link, diff);
}

bool Syncs::Mine(const Link& link, uint64_t round) const {
  return round_ && round_->link == link.id && round_->number == round;
}

void Syncs::Diff(Link& link, const SyncDiff& diff, TimePoint now) {
  if (!Mine(link, diff.round) || round_->opened) return;
  round_->opened = true;
  // Members and admin cells, at the end, are few and matter most.
  for (const uint32_t bucket : diff.buckets) {
    if (bucket >= SharedState::kBuckets || round_->todo.size() >= SharedState::kBuckets) continue;
    round_->todo.push_front(bucket);
  }
  AskOn(link, now);
}

void Syncs::AskOn(Link& link, TimePoint now) {
  Round& round = *round_;
  round.moved = now;
  while (!round.todo.empty() && round.asked.size() < kWindow) {
    SyncPage page{.round = round.number, .page = ++round.pages, .buckets = {}};
    size_t things = 0;
    // Of a bucket that fills a frame (tables of 16 million rooms) only a part can be compared.
    const size_t most = context_.settings.frame_limit / (2 * sizeof(uint64_t));
    while (!round.todo.empty() && page.buckets.size() < round.page_size && things < kPageThings) {
      const uint32_t bucket = round.todo.front();
      round.todo.pop_front();
      page.buckets.push_back({.number = bucket, .digests = state_.DigestsIn(bucket, now)});
      std::vector<uint64_t>& listed = page.buckets.back().digests;
      listed.resize(std::min(listed.size(), most));
      things += listed.size();
      round.asked[page.page].push_back(bucket);
    }
    links_.Send(link, page);
  }
  if (round.asked.empty()) Finish(link, now);
}

void Syncs::Page(Link& link, const SyncPage& page, TimePoint now) {
  SyncAnswer answer{.round = page.round, .page = page.page, .done = {}, .wanted = {}};
  Update missing{.sync = true};
  const size_t room = context_.settings.queue_limit / 2;
  for (const SyncPage::Bucket& bucket : page.buckets) {
    if (link.queued > room || missing.size() >= kPageThings) break;
    if (answer.done.size() == SharedState::kBuckets) break;
    Digests theirs(bucket.digests.begin(), bucket.digests.end());
    Update here = state_.Select(
        bucket.number, [&theirs](uint64_t digest) { return theirs.erase(digest) == 0; }, now);
    answer.done.push_back(bucket.number);
    answer.wanted.insert(answer.wanted.end(), theirs.begin(), theirs.end());
    missing.Take(std::move(here));
  }
  std::sort(answer.wanted.begin(), answer.wanted.end());
  if (!missing.empty()) links_.Send(link, missing);
  links_.Send(link, answer);
}

void Syncs::Answer(Link& link, const SyncAnswer& answer, TimePoint now) {
  if (!Mine(link, answer.round)) return;
  const auto page = round_->asked.find(answer.page);
  if (page == round_->asked.end()) return;
  const std::vector<uint32_t> buckets = std::move(page->second);
  round_->asked.erase(page);
  const std::unordered_set<uint32_t> done(answer.done.begin(), answer.done.end());
  const Digests wanted(answer.wanted.begin(), answer.wanted.end());
  bool all = true;
  Update missing{.sync = true};
  for (const uint32_t bucket : buckets) {
    if (!done.contains(bucket)) {
      round_->todo.push_back(bucket);
      all = false;
    } else if (!wanted.empty()) {
      const auto is_wanted = [&wanted](uint64_t digest) { return wanted.contains(digest); };
      missing.Take(state_.Select(bucket, is_wanted, now));
    }
  }
  if (!missing.empty()) links_.Send(link, missing);
  if (done.empty()) return GiveUp(now);  // the other side is overloaded
  round_->page_size =
      all ? std::min(round_->page_size * 2, kMaxPage) : std::max(done.size(), kFirstPage);
  if (!synced_ && WithSynced(link)) patience_ = now + context_.settings.sync_timeout;
  AskOn(link, now);
}

void Syncs::Applied(size_t news, size_t refused) {
  if (!round_) return;
  round_->news += news;
  round_->refused += refused;
}

void Syncs::Finish(Link& link, TimePoint now) {
  ++context_.stats.syncs;
  link.last_sync = now;
  if (WithSynced(link)) {
    synced_ = true;
  } else {
    synced_with_fresh_ = true;
  }
  slower_ = round_->refused > 0 ? std::min(slower_ * 2, kSlowest) : 1;
  const bool much_was_new = round_->news > 0 && roster_.live() > links_.greeted() + 1;
  round_.reset();
  ScheduleNext(now);
  if (much_was_new) next_ = std::min(next_, now + context_.Between(kRelayLeast, kRelayMost));
}

void Syncs::GiveUp(TimePoint now) {
  ++context_.stats.syncs_failed;
  if (Link* link = links_.Find(round_->link)) link->wants_sync = true;
  round_.reset();
  next_ = now + context_.Between(kSoonLeast, kSoonMost);
}

void Syncs::ScheduleNext(TimePoint now) {
  next_ = now + context_.Jittered(context_.settings.sync_interval * slower_);
  const std::vector<Link*> links = links_.Greeted();
  if (std::any_of(links.begin(), links.end(), [](const Link* link) { return link->wants_sync; })) {
    Hurry(now);
  }
  if (!synced_) next_ = now + kSoonLeast;
}

}  // namespace room_router::gossip
