// SPDX-License-Identifier: Apache-2.0
#include "bench/end_to_end/control_input.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>

namespace room_router::bench {

// A regular file can't be watched; it counts as ended.
ControlInput::ControlInput(Poller& poller)
    : poller_(poller), ended_(!poller.Add(STDIN_FILENO, EPOLLIN, this)) {}

std::optional<std::string> ControlInput::WaitForLine() {
  for (;;) {
    size_t end = received_.find('\n');
    if (end != received_.npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (ended_) return std::nullopt;
    poller_.Poll(1000);
  }
}

void ControlInput::OnEvents(uint32_t) {
  if (ended_) return;
  std::array<char, 4096> bytes;
  ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0) {
    ended_ = true;
  } else {
    received_.append(bytes.data(), static_cast<size_t>(count));
  }
}

}  // namespace room_router::bench
