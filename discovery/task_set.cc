// SPDX-License-Identifier: Apache-2.0
#include "discovery/task_set.h"

#include <boost/asio/co_spawn.hpp>
#include <cassert>
#include <exception>
#include <utility>

namespace room_router {

TaskSet::~TaskSet() { assert(closers_.empty()); }

void TaskSet::Spawn(boost::asio::awaitable<void> task, std::function<void()> close) {
  const uint64_t id = next_id_++;
  closers_.emplace(id, closed_ ? std::function<void()>{} : close);
  boost::asio::co_spawn(io_, std::move(task), [this, id](const std::exception_ptr& exception) {
    if (exception) std::terminate();
    Finish(id);
  });
  if (closed_ && close) close();
}

void TaskSet::CloseAll(std::function<void()> drained) {
  closed_ = true;
  drained_ = std::move(drained);
  for (auto& [id, close] : closers_) {
    if (const auto once = std::exchange(close, {})) once();
  }
  if (closers_.empty()) {
    if (const auto once = std::exchange(drained_, {})) once();
  }
}

void TaskSet::Finish(uint64_t id) {
  closers_.erase(id);
  if (!closed_ || !closers_.empty()) return;
  if (const auto once = std::exchange(drained_, {})) once();
}

}  // namespace room_router
