// SPDX-License-Identifier: Apache-2.0
#include "router/log_limit.h"

#include <algorithm>

namespace room_router {

bool LogLimit::Admit(config::LogLevel level, const std::string& line, TimePoint now) {
  const bool full = windows_.size() >= kMostLines && !windows_.contains(line);
  const auto [found, fresh] = windows_.try_emplace(full ? std::string() : line);
  Window& window = found->second;
  if (fresh) {
    window = {.level = level, .end = now + kWindow};
    next_end_ = std::min(next_end_, window.end);
    if (full) window.count = kBurst;  // those beyond are only counted
  }
  if (++window.count <= kBurst) return true;
  ++suppressed_;
  return false;
}

std::vector<LogLimit::Summary> LogLimit::TakeEnded(TimePoint now) {
  std::vector<Summary> ended;
  if (now < next_end_) return ended;
  next_end_ = TimePoint::max();
  std::erase_if(windows_, [&](auto& item) {
    const auto& [line, window] = item;
    if (window.end > now) {
      next_end_ = std::min(next_end_, window.end);
      return false;
    }
    if (window.count > kBurst) ended.push_back({window.level, line, window.count - kBurst});
    return true;
  });
  std::ranges::sort(ended, {}, &Summary::line);
  return ended;
}

}  // namespace room_router
