// SPDX-License-Identifier: Apache-2.0
// Keeps a storm of one and the same log line short: it is written kBurst times, then counted.
//
// A line that comes again within kWindow of its first time is the same; when the window ends, what
// was held back is one line more, with its number, and a new window begins if it comes again. Of at
// most kMostLines different lines at a time; those beyond count together (an empty text). Pure:
// time is an argument. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/clock.h"
#include "config/config.h"

namespace room_router {

class LogLimit {
 public:
  static constexpr std::chrono::seconds kWindow{60};
  static constexpr uint64_t kBurst = 5;
  static constexpr size_t kMostLines = 4096;

  struct Summary {
    config::LogLevel level = config::LogLevel::kInfo;
    std::string line;
    uint64_t suppressed = 0;
  };

  // Whether the line may be written now.
  bool Admit(config::LogLevel level, const std::string& line, TimePoint now);
  // What was held back in windows that have ended.
  std::vector<Summary> TakeEnded(TimePoint now);
  // All that is held back, whether or not its window has ended; for the end of the process.
  std::vector<Summary> TakeAll() { return TakeEnded(TimePoint::max()); }

  uint64_t suppressed() const { return suppressed_; }  // ever
  size_t lines() const { return windows_.size(); }

 private:
  struct Window {
    config::LogLevel level = config::LogLevel::kInfo;
    TimePoint end;
    uint64_t count = 0;  // times it came
  };

  std::unordered_map<std::string, Window> windows_;
  TimePoint next_end_ = TimePoint::max();
  uint64_t suppressed_ = 0;
};

}  // namespace room_router
