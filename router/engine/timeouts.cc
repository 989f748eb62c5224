// SPDX-License-Identifier: Apache-2.0
#include "router/engine/timeouts.h"

namespace room_router {

Timed::~Timed() {
  if (queue_ != nullptr) queue_->Disarm(*this);
}

TimeoutQueue::~TimeoutQueue() {
  for (List& list : lists_) {
    while (list.first != nullptr) Disarm(*list.first);
  }
}

void TimeoutQueue::SetDuration(TimeoutClass timeout, Duration duration) {
  lists_[static_cast<size_t>(timeout)].duration = duration;
}

void TimeoutQueue::Arm(Timed& timed, TimeoutClass timeout, TimePoint now) {
  if (timed.queue_ != nullptr) Disarm(timed);
  List& list = lists_[static_cast<size_t>(timeout)];
  timed.queue_ = this;
  timed.class_ = timeout;
  timed.since_ = now;
  timed.previous_ = list.last;
  timed.next_ = nullptr;
  (list.last != nullptr ? list.last->next_ : list.first) = &timed;
  list.last = &timed;
  ++armed_;
}

void TimeoutQueue::Disarm(Timed& timed) {
  if (timed.queue_ == nullptr) return;
  List& list = lists_[static_cast<size_t>(timed.class_)];
  (timed.previous_ != nullptr ? timed.previous_->next_ : list.first) = timed.next_;
  (timed.next_ != nullptr ? timed.next_->previous_ : list.last) = timed.previous_;
  timed.queue_ = nullptr;
  --armed_;
}

void TimeoutQueue::Expire(TimePoint now) {
  for (List& list : lists_) {
    while (list.first != nullptr && list.first->since_ + list.duration <= now) {
      Timed& timed = *list.first;
      const TimeoutClass timeout = timed.class_;
      Disarm(timed);
      timed.OnTimeout(timeout);
    }
  }
}

}  // namespace room_router
