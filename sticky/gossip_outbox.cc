// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_outbox.h"

#include <algorithm>
#include <utility>

namespace room_router::gossip {
namespace {

constexpr size_t kUsualBytes = 100;  // of a record in a frame; good enough to know when a batch is

}  // namespace

void Outbox::Forward(Update news, LinkId from) {
  if (news.empty()) return;
  from_ = forwarded_.empty() || from_ == from ? std::optional(from) : std::nullopt;
  forwarded_.Take(std::move(news));
}

TimePoint Outbox::NextDeadline() const {
  if (!waiting()) return TimePoint::max();
  const bool full = forwarded_.size() * kUsualBytes >= context_.settings.batch_limit;
  return full ? last_ : last_ + context_.settings.batch_interval;
}

void Outbox::Flush(TimePoint now) {
  if (now < NextDeadline()) return;
  last_ = now;
  if (changes_wait_) SendChanges(now);
  SendForwarded();
}

void Outbox::FlushAll(TimePoint now) {
  changes_wait_ = true;
  while (waiting()) {
    last_ = TimePoint{};
    Flush(now);
  }
}

void Outbox::SendChanges(TimePoint now) {
  SharedState::Changes changes = state_.TakeChanges(now, kMaxRecords);
  changes_wait_ = changes.more;
  if (changes.update.empty()) return;
  changes.update.direct = LinkedToAll();
  SendTo(links_.Greeted(), changes.update);
}

void Outbox::SendForwarded() {
  if (forwarded_.empty()) return;
  const Update update = std::exchange(forwarded_, {});
  context_.stats.forwarded += update.records.size();
  SendTo(links_.Sample(context_.settings.fanout, from_), update);
}

void Outbox::SendTo(const std::vector<Link*>& links, const Update& update) {
  if (links.empty()) return;
  context_.stats.records_out += update.records.size() * links.size();
  const std::vector<std::string> frames = coder_.EncodeUpdate(update);
  for (Link* link : links) links_.SendFrames(*link, frames);
}

bool Outbox::LinkedToAll() const {
  if (roster_.live() > links_.size() + 1) return false;
  return std::all_of(roster_.others().begin(), roster_.others().end(), [&](const auto& entry) {
    return !entry.second.claim.live() || links_.To(entry.first) != nullptr;
  });
}

}  // namespace room_router::gossip
