// SPDX-License-Identifier: Apache-2.0
// Level-triggered epoll for one thread: tells handlers about their descriptors. Shared by the
// client side and the backend side, so that one spinning thread plays both.
//
// Never owns a descriptor. A handler that gives itself up is deleted after the batch, since the
// same batch may still name it; it must ignore such late events.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace room_router::bench {

int64_t NowNs();  // CLOCK_MONOTONIC

class Poller {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void OnEvents(uint32_t events) = 0;
  };

  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  bool Add(int fd, uint32_t interest, Handler* handler);
  void Change(int fd, uint32_t interest, Handler* handler);
  void Retire(std::unique_ptr<Handler> handler);

  // Handles one batch; 0 ms = never sleeps.
  void Poll(int timeout_ms);

  // Where received bytes go; valid until the next receive.
  std::span<char> scratch() { return scratch_; }

 private:
  int epoll_;
  std::array<char, 256 << 10> scratch_;
  std::vector<std::unique_ptr<Handler>> retired_;
};

}  // namespace room_router::bench
