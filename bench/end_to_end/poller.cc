// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/poller.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <utility>

namespace room_router::bench {

int64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), scratch_{} {}

Poller::~Poller() { close(epoll_); }

bool Poller::Add(int fd, uint32_t interest, Handler* handler) {
  epoll_event event{.events = interest, .data = {.ptr = handler}};
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::Change(int fd, uint32_t interest, Handler* handler) {
  epoll_event event{.events = interest, .data = {.ptr = handler}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::Retire(std::unique_ptr<Handler> handler) { retired_.push_back(std::move(handler)); }

void Poller::Poll(int timeout_ms) {
  std::array<epoll_event, 256> events;
  int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    static_cast<Handler*>(event.data.ptr)->OnEvents(event.events);
  }
  retired_.clear();
}

}  // namespace room_router::bench
