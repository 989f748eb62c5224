// SPDX-License-Identifier: Apache-2.0
// The home of coroutines: the only place that spawns one.
//
// Every task comes with what ends it: a function that closes its sockets and timers, after which it
// leaves by its ordinary error path. The owner calls CloseAll() and lets the io_context run until
// empty() before it destroys the set or anything a task refers to (asserted). An exception that
// leaves a task is a mistake of the program and ends the process. One thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>

namespace room_router {

class TaskSet {
 public:
  explicit TaskSet(boost::asio::io_context& io) : io_(io) {}
  ~TaskSet();
  TaskSet(const TaskSet&) = delete;
  TaskSet& operator=(const TaskSet&) = delete;

  // `close` may be called at most once, and only while the task has not ended.
  void Spawn(boost::asio::awaitable<void> task, std::function<void()> close);
  // Closes every task, also those spawned from now on. Calls `drained` (may be empty) once no task
  // is left: at once when there is none.
  void CloseAll(std::function<void()> drained = {});

  bool empty() const { return closers_.empty(); }
  size_t size() const { return closers_.size(); }

 private:
  void Finish(uint64_t id);

  boost::asio::io_context& io_;
  std::map<uint64_t, std::function<void()>> closers_;  // of running tasks; empty once called
  uint64_t next_id_ = 0;
  bool closed_ = false;
  std::function<void()> drained_;
};

}  // namespace room_router
