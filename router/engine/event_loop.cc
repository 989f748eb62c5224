// SPDX-License-Identifier: Apache-2.0
#include "router/engine/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>

namespace room_router {
namespace {

constexpr int kBatch = 256;

bool Register(int epoll, int descriptor, uint32_t events, EventHandler* handler) {
  epoll_event event{.events = events, .data = {.ptr = handler}};
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

EventLoop::EventLoop(TimeoutQueue& timeouts)
    : timeouts_(timeouts),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  const bool ready = epoll_ >= 0 && wake_ >= 0 && Register(epoll_, wake_, EPOLLIN, nullptr);
  assert(ready);
  static_cast<void>(ready);
}

EventLoop::~EventLoop() {
  ::close(wake_);
  ::close(epoll_);
}

void EventLoop::SetHooks(std::function<void()> batch_end, std::function<void()> tick) {
  batch_end_ = std::move(batch_end);
  tick_ = std::move(tick);
}

void EventLoop::Run() {
  while (!stopped_) {
    const bool must_return = !again_.empty();
    RunBatch(must_return ? 0 : timeouts_.empty() ? -1 : static_cast<int>(kTick.count()));
  }
  graveyard_.clear();
}

void EventLoop::RunBatch(int timeout_ms) {
  epoll_event events[kBatch];
  const int count = epoll_wait(epoll_, events, kBatch, timeout_ms);
  now_ = Clock::now();
  ++counts_.batches;
  if (count > 0) counts_.events += static_cast<uint64_t>(count);
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    auto* handler = static_cast<EventHandler*>(events[i].data.ptr);
    if (handler != nullptr) {
      handler->OnEvents(events[i].events);
    } else {
      woken = true;
    }
  }
  if (!again_.empty()) RunAgain();
  if (woken) RunTasks();
  if (now_ >= next_tick_) Expire();
  if (!graveyard_.empty()) graveyard_.clear();
  if (batch_end_) batch_end_();
}

void EventLoop::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({std::move(task), Clock::now()});
  }
  const uint64_t one = 1;
  // Only fails when a wake-up is pending already.
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

void EventLoop::RunTasks() {
  uint64_t ignored;
  static_cast<void>(!::read(wake_, &ignored, sizeof ignored));
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  counts_.tasks += tasks.size();
  for (Task& task : tasks) {
    const auto wait = std::chrono::duration_cast<std::chrono::microseconds>(now_ - task.posted);
    longest_wait_us_ =
        std::max(longest_wait_us_, static_cast<uint64_t>(std::max<int64_t>(0, wait.count())));
    task.run();
  }
}

void EventLoop::Expire() {
  next_tick_ = now_ + kTick;
  timeouts_.Expire(now_);
  if (tick_) tick_();
}

bool EventLoop::Add(int descriptor, EventHandler& handler) {
  return Register(epoll_, descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &handler);
}

bool EventLoop::AddListener(int descriptor, EventHandler& handler) {
  return Register(epoll_, descriptor, EPOLLIN, &handler);
}

void EventLoop::Remove(int descriptor) {
  epoll_event ignored{};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &ignored);
}

void EventLoop::Again(EventHandler& handler) {
  if (std::find(again_.begin(), again_.end(), &handler) == again_.end()) again_.push_back(&handler);
}

void EventLoop::Bury(std::unique_ptr<EventHandler> handler) {
  std::erase(again_, handler.get());
  std::replace(running_.begin(), running_.end(), handler.get(),
               static_cast<EventHandler*>(nullptr));
  graveyard_.push_back(std::move(handler));
}

void EventLoop::RunAgain() {
  running_.swap(again_);
  for (size_t i = 0; i < running_.size(); ++i) {
    if (running_[i] != nullptr) running_[i]->OnEvents(0);
  }
  running_.clear();
}

}  // namespace room_router
