// SPDX-License-Identifier: Apache-2.0
// The data plane's readiness loop: one epoll descriptor, one thread.
//
// Descriptors are registered once, edge-triggered (IN|OUT|RDHUP); no operation or handler object is
// made per read or write. Time is read once per batch of events. Other threads reach the loop's
// thread by Post(); everything else here is for that thread alone. Closing a descriptor unregisters
// it. Handlers are borrowed: whoever destroys one between events must Bury it instead, because the
// current batch may still name it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "config/clock.h"
#include "router/engine/timeouts.h"

namespace room_router {

class EventHandler {
 public:
  virtual ~EventHandler() = default;
  // `events` are EPOLL* bits; 0 when the handler asked to be called Again.
  virtual void OnEvents(uint32_t events) = 0;
};

class EventLoop {
 public:
  static constexpr Duration kTick{50};  // resolution of timeouts

  // `timeouts` are expired by the loop; nothing wakes it up while none is armed.
  explicit EventLoop(TimeoutQueue& timeouts);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Serves events until Stop(), which any posted task or handler may call.
  void Run();
  void Stop() { stopped_ = true; }
  // Thread-safe. Tasks run in order, between batches; those left when Run() ends never run.
  void Post(std::function<void()> task);

  bool Add(int descriptor, EventHandler& handler);          // edge-triggered
  bool AddListener(int descriptor, EventHandler& handler);  // level-triggered, IN only
  void Remove(int descriptor);                              // without closing it

  // Calls the handler once more after the others of this batch had their turn; once, however often
  // it asks.
  void Again(EventHandler& handler);
  // Destroys the handler when the batch is over.
  void Bury(std::unique_ptr<EventHandler> handler);

  TimePoint now() const { return now_; }
  // `batch_end` follows every batch; `tick` comes about every kTick while timeouts are armed.
  void SetHooks(std::function<void()> batch_end, std::function<void()> tick);
  struct Counts {
    uint64_t batches = 0, events = 0, tasks = 0;
  };
  const Counts& counts() const { return counts_; }
  // Longest wait of a posted task since the last call, in microseconds: the loop's lag.
  uint64_t TakeLongestWait() { return std::exchange(longest_wait_us_, 0); }

 private:
  struct Task {
    std::function<void()> run;
    TimePoint posted;
  };

  void RunBatch(int timeout_ms);
  void RunTasks();
  void RunAgain();
  void Expire();

  TimeoutQueue& timeouts_;
  int epoll_, wake_;
  bool stopped_ = false;
  TimePoint now_ = Clock::now(), next_tick_ = now_;
  uint64_t longest_wait_us_ = 0;
  Counts counts_;
  std::vector<EventHandler*> again_, running_;
  std::vector<std::unique_ptr<EventHandler>> graveyard_;
  std::function<void()> batch_end_, tick_;
  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
};

}  // namespace room_router
