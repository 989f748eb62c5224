// SPDX-License-Identifier: Apache-2.0
#include "sticky/haproxy_peers_pupil.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace room_router::haproxy {
namespace {

constexpr uint32_t kLessonBit = uint32_t{1} << 31;
constexpr Duration kLongestLease{std::numeric_limits<int32_t>::max()};  // HAProxy reads it signed

uint32_t UpdateOf(uint64_t sequence) { return static_cast<uint32_t>(sequence) & ~kLessonBit; }

}  // namespace

void Pupil::Begin(PeerSession& session, TimePoint now) {
  session_ = &session;
  begun_ = now;
  pushed_ = acknowledged_;
}

void Pupil::End() {
  session_ = nullptr;
  lesson_.reset();
  requested_ = answering_ = lesson_sent_ = false;
}

void Pupil::TableKnown() {
  const SharedTable& table = *session_->tables().shared();
  expire_ = table.expire;
  // What was told under another length was ignored.
  if (std::exchange(key_length_, table.key_length) != table.key_length) Redo();
}

void Pupil::Redo() {
  behind_ = true;
  lesson_sent_ = false;
  if (!lesson_) return;
  requested_ = requested_ || answering_;
  lesson_.reset();
  lesson_started_ = TimePoint::min();
}

void Pupil::Know(RoomKey key, ShardId shard) {
  const bool useful = behind_ && !lesson_sent_ && known_.size() < kMostKnown;
  if (useful) known_.insert(FingerprintOf(key, shard));
}

// Of lessons only the last one counts; a change is told after them, so hearing it proves both.
void Pupil::Acknowledge(uint32_t update) {
  if (!lesson_sent_ && behind_) return;
  if ((update & kLessonBit) != 0) {
    if (update == lesson_update_) behind_ = false;
    return;
  }
  const uint64_t missing = (UpdateOf(pushed_) - update) & ~kLessonBit;
  if (missing > pushed_ || pushed_ - missing <= acknowledged_) return;
  acknowledged_ = pushed_ - missing;
  behind_ = false;
}

std::optional<uint64_t> Pupil::reads_from() const {
  if (behind_ && !lesson_ && !lesson_sent_) return std::nullopt;
  return acknowledged_;
}

bool Pupil::Waiting(TimePoint now) const {
  return session_->learning() && now < begun_ + kPatience;
}

void Pupil::Fill(const School& school, bool complete, TimePoint now) {
  if (session_ == nullptr || !session_->has_room()) return;
  if (!lesson_ && school.log.forgotten() > pushed_ && (!behind_ || lesson_sent_)) {
    ++counters.forgotten;
    Redo();
  }
  const bool due = requested_ || (behind_ && !lesson_sent_ && !lesson_ && !Waiting(now));
  const bool early = lesson_started_ != TimePoint::min() && now < lesson_started_ + kLessonGap;
  if (due && !early) StartLesson(school, now);
  if (lesson_) TeachLesson(school, complete, now);
  if (lesson_ || requested_ || (behind_ && !lesson_sent_) || Waiting(now)) return;
  while (session_->has_room()) {
    const LogEntry* entry = school.log.Next(pushed_);
    if (entry == nullptr) return;
    TeachChange(school, *entry, now);
  }
}

void Pupil::StartLesson(const School& school, TimePoint now) {
  answering_ = std::exchange(requested_, false);
  if (answering_) known_.clear();
  lesson_.emplace(school.table, known_, now);
  lesson_started_ = now;
  lesson_sent_ = false;
  lesson_update_ = 0;
  pushed_ = acknowledged_ = school.log.newest();
  behind_ = true;  // until it has heard all of it
  ++counters.lessons;
}

void Pupil::TeachLesson(const School& school, bool complete, TimePoint now) {
  uint32_t update = std::max(lesson_update_, kLessonBit);
  while (session_->has_room()) {
    const auto item = lesson_->Next();
    if (!item) {
      lesson_.reset();
      lesson_sent_ = true;
      known_.clear();
      if (answering_) session_->FinishResync(complete);
      if (!answering_ && lesson_update_ == 0) behind_ = false;  // there was nothing to hear
      return;
    }
    const Duration left = Left(school, item->expires, now);
    if (left > Duration(0) && Tell(school, *item, ++update, left)) lesson_update_ = update;
  }
}

void Pupil::TeachChange(const School& school, const LogEntry& entry, TimePoint now) {
  if (entry.until <= now) return;
  const Lesson::Item item{.key = entry.key, .display = entry.display, .shard = entry.shard};
  Tell(school, item, UpdateOf(pushed_), std::nullopt);
}

bool Pupil::Tell(const School& school, const Lesson::Item& item, uint32_t update,
                 std::optional<Duration> left) {
  const auto wording = school.word(item.key, item.display, item.shard, counters);
  if (!wording) return false;
  const bool told = session_->Teach(wording->room, wording->server_key, update, left);
  ++(told ? counters.taught : counters.too_long_names);
  return told;
}

// A room that is idle for a while here is so for HAProxy, whose entries may live longer.
Duration Pupil::Left(const School& school, TimePoint expires, TimePoint now) const {
  Duration left = school.expire;
  if (expires != TimePoint::max()) {
    left = std::min(left, std::chrono::duration_cast<Duration>(expires - now));
  }
  if (left <= Duration(0)) return Duration(0);
  left += std::max(Duration(0), expire_.value_or(school.expire) - school.expire);
  return std::min(left, kLongestLease);
}

}  // namespace room_router::haproxy
